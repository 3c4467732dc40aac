"""Pairwise logistic ranking loss: s[:, :, None] - s[:, None, :] with a mask against a loop over ordered pairs.

Source (real): https://github.com/tensorflow/ranking/issues/21 (TensorFlow; how the list becomes pairs) and
https://github.com/keras-team/keras-rs/pull/32 (the formula and its code).
Right answer: EQUIVALENT; (n, L, L) is meant, the pairs stay inside each list.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d = 13, 4, 6
    w = tf.Variable((0.6 * rng.standard_normal((d, 1))).astype(f), name="score_w")
    batch = {"x": rng.standard_normal((n, docs, d)).astype(f), "rel": rng.integers(0, 3, (n, docs))}

    def score(x):
        return tf.squeeze(tf.tensordot(tf.tanh(x), w, axes=1), axis=-1)

    def reference(b):
        m, total = b["rel"].shape[0], 0.0
        s = score(b["x"])
        rel = b["rel"].numpy()
        for q in range(m):
            for i in range(docs):
                for j in range(docs):
                    if rel[q, i] > rel[q, j]:
                        total += tf.math.log1p(tf.exp(-(s[q, i] - s[q, j])))
        return total / m

    def candidate(b):
        s = score(b["x"])
        diff = s[:, :, None] - s[:, None, :]
        better = tf.cast(b["rel"][:, :, None] > b["rel"][:, None, :], s.dtype)
        pairs = tf.nn.relu(-diff) + tf.math.log1p(tf.exp(-tf.abs(diff)))
        return tf.reduce_sum(better * pairs) / s.shape[0]

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
