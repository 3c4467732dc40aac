"""The censoring column [n,1] is multiplied with a row [n] of likelihood terms, giving an n x n matrix.

Source (real): https://github.com/mahmoodlab/PathomicFusion/pull/9
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'loss_cox = -tf.reduce_mean((theta - tf.math.log(tf.reduce_sum(exp_theta * R_mat, axis=1))) * censor)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dp, dg = 12, 4, 6
    path_w = tf.Variable(rng.normal(size=(dp, 3)).astype("float32") * 0.6, name="path_w")
    gen_w = tf.Variable(rng.normal(size=(dg, 3)).astype("float32") * 0.6, name="gen_w")
    head = tf.Variable(rng.normal(size=(9, 1)).astype("float32") * 0.5, name="head")
    censor = (rng.uniform(size=(n, 1)) < 0.55).astype("float32")
    censor[0], censor[1] = 1.0, 0.0
    batch = {
        "path": rng.normal(size=(n, dp)).astype("float32"),
        "gene": rng.normal(size=(n, dg)).astype("float32"),
        "survtime": rng.permutation(np.linspace(1.0, 30.0, n)).astype("float32"),
        "censor": censor,
    }

    def hazard(b):
        p = tf.nn.elu(b["path"] @ path_w)
        g = tf.nn.elu(b["gene"] @ gen_w)
        fused = tf.reshape(p[:, :, None] * g[:, None, :], (-1, 9))
        return tf.nn.sigmoid(fused @ head) * 6.0 - 3.0

    def l1_reg():
        return tf.reduce_sum(tf.abs(path_w)) + tf.reduce_sum(tf.abs(gen_w))

    def reference(b):
        theta = hazard(b)[:, 0]
        observed = b["censor"][:, 0]
        terms = []
        for i in range(n):
            in_risk_set = b["survtime"] >= b["survtime"][i]
            log_sum = tf.reduce_logsumexp(tf.boolean_mask(theta, in_risk_set))
            terms.append((theta[i] - log_sum) * observed[i])
        return -tf.add_n(terms) / n + 3e-4 * l1_reg()

    def candidate(b):
        hazard_pred = hazard(b)
        survtime, censor = b["survtime"], b["censor"]
        R_mat = tf.cast(survtime[None, :] >= survtime[:, None], tf.float32)
        theta = tf.reshape(hazard_pred, (-1,))
        exp_theta = tf.exp(theta)
        loss_cox = -tf.reduce_mean((theta - tf.math.log(tf.reduce_sum(exp_theta * R_mat, axis=1))) * censor)
        loss_reg = l1_reg()
        return loss_cox + 3e-4 * loss_reg

    return {"variables": [path_w, gen_w, head], "batch": batch, "reference": reference, "candidate": candidate}
