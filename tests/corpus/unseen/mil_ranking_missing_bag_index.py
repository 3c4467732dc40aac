"""Wrong: the MIL ranking hinge of a bag takes all abnormal bags' scores instead of its own (missing [ii]).

Source (real): https://github.com/WaqasSultani/AnomalyDetectionCVPR2018/pull/24
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "sub_z = tf.maximum(1.0 - sub_abn + sub_nor[ii], 0.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, S, D = 8, 6, 5
    w1 = tf.Variable(rng.normal(0, 0.6, (D, 7)).astype("float32"), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.9, (7, 1)).astype("float32"), name="w2")
    batch = {
        "abnormal": rng.normal(0.3, 1.0, (n, S, D)).astype("float32"),
        "normal": rng.normal(size=(n, S, D)).astype("float32"),
    }
    lam_sparse, lam_smooth = 0.05, 0.05

    def scores(segments):
        return tf.sigmoid(tf.nn.relu(segments @ w1) @ w2)[..., 0]

    def hinge_margin(sab, sno):
        return 1.2 * sab, 1.2 * sno

    def reference(b):
        a, o = scores(b["abnormal"]), scores(b["normal"])
        top_a, top_o = hinge_margin(tf.reduce_max(a, 1), tf.reduce_max(o, 1))
        hinge = tf.nn.relu(0.2 - top_a + top_o + 0.8)
        smooth = tf.reduce_sum((a[:, 1:] - a[:, :-1]) ** 2, axis=1)
        return tf.reduce_mean(hinge + lam_sparse * tf.reduce_sum(a, 1) + lam_smooth * smooth)

    def candidate(b):
        abn = scores(b["abnormal"])
        nor = scores(b["normal"])
        sub_abn, sub_nor = hinge_margin(tf.reduce_max(abn, axis=1), tf.reduce_max(nor, axis=1))
        z_losses, sparsity, smoothness = [], [], []
        for ii in range(n):
            sub_z = tf.maximum(1.0 - sub_abn + sub_nor[ii], 0.0)
            z_losses.append(tf.reduce_sum(sub_z))
            sparsity.append(tf.reduce_sum(abn[ii]))
            smoothness.append(tf.reduce_sum(tf.square(abn[ii, 1:] - abn[ii, :-1])))
        z = tf.reduce_mean(tf.stack(z_losses))
        return z + lam_sparse * tf.reduce_mean(tf.stack(sparsity)) + lam_smooth * tf.reduce_mean(tf.stack(smoothness))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
