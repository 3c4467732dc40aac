"""Pair distance with coinciding pairs: tf.where inside the square root and again outside it.

Source (real): https://github.com/tensorflow/tensorflow/issues/12071 and pull 109329 (gradient of a norm at zero, with
the two masks as the repair), https://github.com/jax-ml/jax/pull/1722 ("double-where trick").
Right answer: EQUIVALENT to treating pairs at distance zero as constants; no NaN.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_MARGIN = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 20, 5, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, emb))).astype(f), name="encoder")
    left = rng.standard_normal((n, d)).astype(f)
    right = rng.standard_normal((n, d)).astype(f)
    right[:4] = left[:4]
    batch = {"left": left, "right": right, "same": (np.arange(n) % 3 != 2).astype(f)}

    def reference(b):
        diff = (b["left"] - b["right"]) @ w
        m = diff.shape[0]
        total = 0.0
        for i in range(m):
            sq = tf.reduce_sum(tf.square(diff[i]))
            dist = tf.sqrt(sq) if float(sq) > 0 else tf.zeros_like(sq)
            total += b["same"][i] * dist + (1.0 - b["same"][i]) * tf.nn.relu(_MARGIN - dist)
        return total / m

    def candidate(b):
        sq = tf.reduce_sum(tf.square((b["left"] - b["right"]) @ w), axis=1)
        apart = sq > 0
        dist = tf.where(apart, tf.sqrt(tf.where(apart, sq, tf.ones_like(sq))), tf.zeros_like(sq))
        return tf.reduce_mean(tf.where(b["same"] > 0.5, dist, tf.nn.relu(_MARGIN - dist)))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
