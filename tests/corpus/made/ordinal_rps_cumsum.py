"""Ranked probability score for ordinal classes: tf.cumsum without an axis accumulates over the batch.

Source (constructed after the documentation): tf.cumsum's default is axis=0.
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'cdf = tf.cumsum(prob)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 20, 4, 6
    w = tf.Variable((0.7 * rng.standard_normal((d, k))).astype(f), name="ord_w")
    c = tf.Variable((0.3 * rng.standard_normal(k)).astype(f), name="ord_b")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "grade": rng.integers(0, k, n).astype("int32")}
    upper = tf.constant(np.triu(np.ones((k, k))).astype(f))

    def reference(b):
        p = tf.nn.softmax(b["x"] @ w + c) - tf.one_hot(b["grade"], k, dtype=upper.dtype)
        return tf.reduce_mean(tf.reduce_sum(tf.square(p @ upper), axis=-1))

    def candidate(b):
        prob = tf.nn.softmax(b["x"] @ w + c)
        cdf = tf.cumsum(prob)
        step = tf.cast(tf.range(k)[None] >= b["grade"][:, None], prob.dtype)
        return tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(cdf, step), axis=1))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
