"""sMAPE forecast loss: ratio of sums per horizon instead of the mean of the ratios.

Source (constructed): sMAPE confused with its pooled relative (as MAPE with WAPE), in a per-horizon loop.
Right answer: NOT equivalent; series on a large scale dominate.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'total += tf.reduce_sum(gap) / tf.reduce_sum(size)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, lags, steps = 31, 5, 4
    w = tf.Variable((0.4 * rng.standard_normal((lags, steps))).astype(f), name="lag_w")
    c = tf.Variable((0.3 * rng.standard_normal(steps)).astype(f), name="level")
    batch = {
        "x": rng.standard_normal((n, lags)).astype(f),
        "y": np.exp(1.2 * rng.standard_normal((n, steps))).astype(f),
    }

    def reference(b):
        pred = tf.exp(b["x"] @ w + c)
        return tf.reduce_mean(2.0 * tf.abs(b["y"] - pred) / (tf.abs(b["y"]) + tf.abs(pred)))

    @tf.function
    def candidate(b):
        total = tf.zeros([], b["x"].dtype)
        for h in range(steps):
            pred = tf.exp(tf.linalg.matvec(b["x"], w[:, h]) + c[h])
            gap = tf.abs(b["y"][:, h] - pred)
            size = 0.5 * (b["y"][:, h] + pred)
            total += tf.reduce_sum(gap) / tf.reduce_sum(size)
        return total / steps

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
