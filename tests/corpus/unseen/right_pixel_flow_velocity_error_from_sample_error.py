"""Right: the velocity error of an x-predicting flow model is the sample error over 1-t, the noisy input cancels.

Source (real): https://github.com/Zehong-Ma/PixelGen/issues/5
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
    n, h, ch = 7, 4, 3
    k1 = tf.Variable(rng.normal(0, 0.3, (3, 3, ch + 1, 6)), name="k1")
    k2 = tf.Variable(rng.normal(0, 0.3, (3, 3, 6, ch)), name="k2")
    batch = {"x": rng.normal(size=(n, h, h, ch)), "eps": rng.normal(size=(n, h, h, ch)), "t": rng.uniform(0, 0.9, n)}

    def net(x_t, t):
        level = tf.ones_like(x_t[..., :1]) * t
        y = tf.nn.silu(tf.nn.conv2d(tf.concat([x_t, level], -1), k1, 1, "SAME"))
        return tf.nn.conv2d(y, k2, 1, "SAME")

    def reference(b):
        t = tf.reshape(b["t"], [-1, 1, 1, 1])
        x_t = t * b["x"] + (1.0 - t) * b["eps"]
        v_true = (b["x"] - x_t) / (1.0 - t)
        v_pred = (net(x_t, t) - x_t) / (1.0 - t)
        return tf.reduce_mean(tf.reduce_mean((v_pred - v_true) ** 2, axis=[1, 2, 3]))

    def candidate(b):
        t = b["t"][:, None, None, None]
        x_t = t * b["x"] + (1.0 - t) * b["eps"]
        err = net(x_t, t) - b["x"]
        per_image = tf.reduce_mean(tf.square(err), axis=[1, 2, 3])
        weights = tf.math.reciprocal(tf.square(1.0 - b["t"]))
        return tf.tensordot(weights, per_image, 1) / n

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
