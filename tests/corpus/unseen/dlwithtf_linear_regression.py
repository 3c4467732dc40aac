"""Linear regression: labels (n,) minus predictions (n, 1) is an (n, n) matrix under the sum of squares.

Source (real): https://github.com/matroid/dlwithtf/pull/17 (TensorFlow 1; mended with tf.squeeze).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "y_pred = tf.matmul(b[\"x\"], W) + bias",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 40, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    W = tf.Variable(0.7 * arr(d, 1), name="W")
    bias = tf.Variable(0.3 * arr(1), name="b")
    x = arr(n, d)
    batch = {"x": x, "y": (x @ np.array([5.0, -1.0, 0.5]) + 2.0 + 0.1 * arr(n)).astype(f)}

    def reference(b):
        residuals = []
        for i in range(b["x"].shape[0]):
            prediction = bias[0]
            for j in range(d):
                prediction += W[j, 0] * b["x"][i, j]
            residuals.append(b["y"][i] - prediction)
        residuals = tf.stack(residuals)
        return tf.tensordot(residuals, residuals, 1)

    def candidate(b):
        with tf.name_scope("prediction"):
            y_pred = tf.matmul(b["x"], W) + bias
        with tf.name_scope("loss"):
            l = tf.reduce_sum((b["y"] - y_pred) ** 2)
        return l

    return {"variables": [W, bias], "batch": batch, "reference": reference, "candidate": candidate}
