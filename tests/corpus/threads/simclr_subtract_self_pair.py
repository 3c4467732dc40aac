"""SimCLR: the row sum includes the pair (x, x) and exp(1 / t) is subtracted afterwards, instead of masking that pair.

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/695 ("Wrong Implementation of SimCLR: there
is still gradient back-propagating through the pair (x1, x1)"). PyTorch, ported.
Right answer: EQUIVALENT. The embeddings are normalised, so z . z is the constant 1: the gradient through the own pair
is exactly zero, and the constant removed is the right one. The report is mistaken.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_T = 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 15, 5, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, emb))).astype(f), name="projection")
    x = rng.standard_normal((n, d))
    batch = {
        "one": (x + 0.4 * rng.standard_normal((n, d))).astype(f),
        "two": (x + 0.4 * rng.standard_normal((n, d))).astype(f),
    }

    def both_views(b):
        return [tf.math.l2_normalize(b[k] @ w, axis=1) for k in ("one", "two")]

    def reference(b):
        z = tf.concat(both_views(b), axis=0)
        m = b["one"].shape[0]
        total = 0.0
        for i in range(2 * m):
            own = tf.reduce_sum(z[i] * z[(i + m) % (2 * m)]) / _T
            others = tf.concat([z[:i], z[i + 1 :]], axis=0)
            total += tf.math.log(tf.reduce_sum(tf.exp(tf.linalg.matvec(others, z[i]) / _T))) - own
        return total / (2 * m)

    def candidate(b):
        one, two = both_views(b)
        out = tf.concat([one, two], axis=0)
        sim = tf.exp(out @ tf.transpose(out) / _T)
        neg = tf.reduce_sum(sim, axis=-1) - np.exp(1 / _T)
        pos = tf.exp(tf.reduce_sum(one * two, axis=-1) / _T)
        pos = tf.concat([pos, pos], axis=0)
        return -tf.reduce_mean(tf.math.log(pos / neg))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
