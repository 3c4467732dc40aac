"""Quantile regression: one target (n, 1) against a column of predictions per quantile (n, k), levels (k,).

Source (real): https://github.com/ourownstory/neural_prophet/issues/735 (a warning about target size [32, 1, 1] against
[32, 1, 3], "though it does not cause harm") and https://github.com/ml-stat-Sustech/TorchCP/issues/27. PyTorch, ported.
Right answer: EQUIVALENT; every quantile is meant to meet the same target, the growth to (n, k) is the method.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 22, 4
    head = keras.layers.Dense(len(_LEVELS), name="quantiles", dtype=f)
    head.build((None, d))
    head.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in head.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal((n, 1)).astype(f)}

    def pinball(y, q, level):
        return tf.maximum(level * (y - q), (level - 1.0) * (y - q))

    def reference(b):
        pred = head(b["x"])
        return tf.add_n([tf.reduce_mean(pinball(b["y"][:, 0], pred[:, k], q)) for k, q in enumerate(_LEVELS)])

    def candidate(b):
        levels = tf.constant(_LEVELS, b["y"].dtype)
        err = b["y"] - head(b["x"])
        each = tf.where(err > 0, levels * err, (levels - 1.0) * err)
        return tf.reduce_mean(tf.reduce_sum(each, axis=-1))

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
