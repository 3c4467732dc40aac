"""Log-sum-exp shifted by its maximum, the maximum not wrapped in stop_gradient.

Source (real), Keras ("what is the role of log-sum-exp?"):
https://github.com/axelbrando/Mixture-Density-Networks-for-distribution-and-uncertainty-estimation/issues/8
and https://github.com/threelittlemonkeys/lstm-crf-pytorch/issues/3.
Right answer: EQUIVALENT; the gradient through the maximum cancels exactly (+1 outside, -1 inside).
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 32, 5, 6
    w = tf.Variable((1.2 * rng.standard_normal((d, classes))).astype(f), name="head_w")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    def log_sum_exp(x, axis):
        x_max = tf.reduce_max(x, axis=axis, keepdims=True)
        shifted = tf.exp(x - x_max)
        return tf.squeeze(x_max, axis) + tf.math.log(tf.reduce_sum(shifted, axis=axis))

    def reference(b):
        return tf.reduce_mean(
            keras.losses.sparse_categorical_crossentropy(b["y"], b["x"] @ w, from_logits=True),
        )

    def candidate(b):
        logits = b["x"] @ w
        picked = tf.map_fn(lambda row: row[0][row[1]], (logits, b["y"]), fn_output_signature=logits.dtype)
        return tf.reduce_mean(log_sum_exp(logits, 1) - picked)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
