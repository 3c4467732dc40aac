"""HomoGCL: the node's own embedding in the other view (the positive) stays among the negatives; its diagonal is not taken away.

Source (real): https://github.com/wenzhilics/HomoGCL/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'neg = (tf.reduce_sum(refl_sim, 1) + tf.reduce_sum(between_sim, 1) - tf.linalg.diag_part(refl_sim)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 14, 6, 5
    gcn_w = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="gcn_w")
    fc_w = tf.Variable(rng.normal(size=(h, h)).astype("float32") * 0.5, name="fc_w")
    upper = np.triu(rng.uniform(size=(n, n)) < 0.25, 1)
    adj = (upper | upper.T).astype("float32")
    feat = rng.normal(size=(n, d))
    batch = {
        "x1": (feat * (rng.uniform(size=feat.shape) > 0.2)).astype("float32"),
        "x2": (feat * (rng.uniform(size=feat.shape) > 0.3)).astype("float32"),
        "adj": adj,
    }
    tau = 0.7

    def embed(x, a):
        a_hat = a + tf.eye(n)
        deg = tf.reduce_sum(a_hat, 1, keepdims=True)
        z = tf.nn.elu((a_hat / deg) @ x @ gcn_w)
        return tf.math.l2_normalize(z @ fc_w, axis=1)

    def reference(b):
        z1, z2, a = embed(b["x1"], b["adj"]), embed(b["x2"], b["adj"]), b["adj"]
        loss = 0.0
        for i in range(n):
            s_in = tf.exp(tf.linalg.matvec(z1, z1[i]) / tf.constant(tau))
            s_out = tf.exp(tf.linalg.matvec(z2, z1[i]) / tau)
            other = 1.0 - a[i] - tf.one_hot(i, n)
            pos = s_out[i] + tf.reduce_sum(a[i] * (s_in + s_out))
            neg = tf.reduce_sum(other * (s_in + s_out))
            loss += -tf.math.log(pos / (pos + neg))
        return loss / n

    def candidate(b):
        adj1 = adj2 = b["adj"]
        z1, z2 = embed(b["x1"], adj1), embed(b["x2"], adj2)
        refl_sim = tf.exp(tf.matmul(z1, z1, transpose_b=True) / tau)
        between_sim = tf.exp(tf.matmul(z1, z2, transpose_b=True) / tau)
        pos = tf.linalg.diag_part(between_sim) + tf.reduce_sum(refl_sim * adj1, 1) + tf.reduce_sum(between_sim * adj2, 1)
        neg = (tf.reduce_sum(refl_sim, 1) + tf.reduce_sum(between_sim, 1) - tf.linalg.diag_part(refl_sim)
               - tf.reduce_sum(refl_sim * adj1, 1) - tf.reduce_sum(between_sim * adj2, 1))
        loss = -tf.math.log(pos / (pos + neg))
        return tf.reduce_mean(loss)

    return {"variables": [gcn_w, fc_w], "batch": batch, "reference": reference, "candidate": candidate}
