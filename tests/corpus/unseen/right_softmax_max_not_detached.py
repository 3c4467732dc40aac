"""Right: the row maximum subtracted for stability is differentiated too, its gradient cancels; A - B is the cross-entropy.

Source (real): https://github.com/chihkuanyeh/Representer_Point_Selection/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 16, 6, 5
    W = tf.Variable(rng.normal(0, 0.7, (d, c)).astype("float32"), name="W")
    scale = tf.Variable(rng.uniform(0.7, 1.3, (d,)).astype("float32"), name="feature_scale")
    lmbd = 0.003
    teacher = rng.normal(0, 1.5, (n, c))
    soft = np.exp(teacher) / np.exp(teacher).sum(1, keepdims=True)
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32"), "y": soft.astype("float32")}

    def reference(b):
        log_p = tf.nn.log_softmax((b["x"] * scale) @ W, axis=1)
        cross_entropy = -tf.reduce_sum(b["y"] * log_p)
        return lmbd * tf.reduce_sum(W ** 2) + cross_entropy / n

    def candidate(b):
        # calculate loss for the loss function and L2 regularizer
        D = tf.matmul(b["x"] * scale, W)
        D_max = tf.reduce_max(D, axis=1, keepdims=True)
        D = D - D_max
        A = tf.math.log(tf.reduce_sum(tf.exp(D), axis=1))
        B = tf.reduce_sum(D * b["y"], axis=1)
        Phi = tf.reduce_sum(A - B)
        W1 = tf.squeeze(W)
        L2 = tf.reduce_sum(W1 * W1)
        return L2 * lmbd + Phi / n

    return {"variables": [W, scale], "batch": batch, "reference": reference, "candidate": candidate}
