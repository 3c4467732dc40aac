"""Factorization machine of order 3: the shortcut (sum^i - sum of i-th powers) / i! is right for pairs only.

Source (real): https://github.com/geffy/tffm/issues/1 (TensorFlow, tffm.py; reported by mblondel, confirmed and mended).
Right answer: NOT equivalent: the cube of the sum also has terms with a repeated feature, 3 (p1 p2 - p3).
"""
import itertools
import math

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "contribution = tf.pow(raw_dot, i) - tf.matmul(tf.pow(b[\"x\"], i), tf.pow(w[i - 1], i))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, p, rank, order = 24, 6, 3, 3

    w = [tf.Variable((0.5 * rng.standard_normal((p, 1 if i == 1 else rank))).astype(f), name=f"embedding_{i}") for i in range(1, order + 1)]
    b0 = tf.Variable(np.asarray(0.1, f), name="bias")
    batch = {"x": rng.standard_normal((n, p)).astype(f), "y": rng.standard_normal(n).astype(f)}

    def reference(b):
        pred = b0 + 0.0
        for size in range(1, order + 1):
            for subset in itertools.combinations(range(p), size):
                feature = tf.reduce_prod(tf.gather(b["x"], subset, axis=1), axis=1)
                pred += feature * tf.reduce_sum(tf.reduce_prod(tf.gather(w[size - 1], subset), axis=0))
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def candidate(b):
        outputs = b0 + tf.matmul(b["x"], w[0])
        for i in range(2, order + 1):
            raw_dot = tf.matmul(b["x"], w[i - 1])
            contribution = tf.pow(raw_dot, i) - tf.matmul(tf.pow(b["x"], i), tf.pow(w[i - 1], i))
            outputs += tf.reduce_sum(contribution, 1, keepdims=True) / math.factorial(i)
        return tf.reduce_mean(tf.math.squared_difference(outputs, b["y"][:, None]))

    return {"variables": [b0, *w], "batch": batch, "reference": reference, "candidate": candidate}
