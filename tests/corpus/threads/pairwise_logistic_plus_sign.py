"""Pairwise logistic ranking loss: log(1 + exp(s_i - s_j)) for pairs where i is the better document.

Source (real): https://github.com/tensorflow/ranking/issues/23 (equation 4 of the TF-Ranking paper lacks a minus sign;
"a correct ranking would incur a large penalty").
Right answer: NOT equivalent; the scores are trained to be the wrong way round.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "each = tf.math.log1p(tf.exp(pairwise_logits))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d = 14, 5, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, 1))).astype(f), name="score_w")
    rel = np.stack([rng.permutation(docs) for _ in range(n)])
    batch = {"x": rng.standard_normal((n, docs, d)).astype(f), "rel": rel}

    def scores(b):
        return tf.reshape(tf.reshape(b["x"], [-1, d]) @ w, [-1, docs])

    def reference(b):
        s, total = scores(b), 0.0
        for i in range(docs):
            for j in range(docs):
                better = tf.cast(b["rel"][:, i] > b["rel"][:, j], s.dtype)
                total += tf.reduce_sum(better * tf.nn.softplus(s[:, j] - s[:, i]))
        return total / s.shape[0]

    def candidate(b):
        s = scores(b)
        pairwise_logits = tf.expand_dims(s, 2) - tf.expand_dims(s, 1)
        better = tf.expand_dims(b["rel"], 2) > tf.expand_dims(b["rel"], 1)
        each = tf.math.log1p(tf.exp(pairwise_logits))
        return tf.reduce_mean(tf.reduce_sum(tf.where(better, each, tf.zeros_like(each)), axis=[1, 2]))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
