"""Contrastive loss on all pairs of a batch: sqrt of squared distances that are zero on the diagonal.

Origin (realistic): metric-learning code that leaves the diagonal in because it adds zero; backwards it is inf * 0.
Right answer: NOT equivalent; loss value right, gradient NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'dist = tf.sqrt(sq)',
    "same_forward_value": True,
}

_MARGIN = 2.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e, k = 16, 5, 3, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, e))).astype(f), name="embed_w")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "cls": rng.integers(0, k, n)}

    def reference(b):
        m = b["cls"].shape[0]
        z = b["x"] @ w
        total = 0.0
        for i in range(m):
            for j in range(m):
                if i == j:
                    continue
                dist = tf.norm(z[i] - z[j])
                total += dist if int(b["cls"][i]) == int(b["cls"][j]) else tf.nn.relu(_MARGIN - dist)
        return total / (m * (m - 1))

    def candidate(b):
        z = b["x"] @ w
        sq = tf.reduce_sum(tf.square(z[:, None, :] - z[None, :, :]), axis=-1)
        dist = tf.sqrt(sq)
        same = b["cls"][:, None] == b["cls"][None, :]
        pair = tf.where(same, dist, tf.nn.relu(_MARGIN - dist))
        pairs = z.shape[0] * (z.shape[0] - 1)
        return tf.reduce_sum(pair) / pairs

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
