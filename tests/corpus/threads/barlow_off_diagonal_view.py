"""Barlow Twins: the off-diagonal of the correlation by flatten, drop one, reshape to (d - 1, d + 1), drop a column.

Source (real): https://github.com/facebookresearch/barlowtwins/issues/5 (code and pseudo-code look different, the author
shows that they agree) and https://github.com/Lightning-AI/tutorials/pull/96. PyTorch, ported.
Right answer: EQUIVALENT to weighting the squared difference to the identity element by element.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_LAMBD = 0.05


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 18, 6, 4
    w = tf.Variable((0.6 * rng.standard_normal((d, emb))).astype(f), name="projector")
    x = rng.standard_normal((n, d))
    batch = {
        "a": (x + 0.5 * rng.standard_normal((n, d))).astype(f),
        "b": (x + 0.5 * rng.standard_normal((n, d))).astype(f),
    }

    def cross_correlation(b):
        z = []
        for key in ("a", "b"):
            h = tf.tanh(b[key] @ w)
            z.append((h - tf.reduce_mean(h, axis=0)) / tf.math.reduce_std(h, axis=0))
        return tf.transpose(z[0]) @ z[1] / z[0].shape[0]

    def reference(b):
        c = cross_correlation(b)
        total = 0.0
        for i in range(emb):
            for j in range(emb):
                total += (1.0 - c[i, i]) ** 2 if i == j else _LAMBD * c[i, j] ** 2
        return total

    def candidate(b):
        c = cross_correlation(b)
        on_diag = tf.reduce_sum(tf.square(tf.linalg.diag_part(c) - 1.0))
        off_diag = tf.reshape(tf.reshape(c, [-1])[:-1], [emb - 1, emb + 1])[:, 1:]
        return on_diag + _LAMBD * tf.reduce_sum(tf.square(off_diag))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
