"""Triplet loss on Euclidean distances, with triplets whose positive equals the anchor.

Source (real): https://github.com/tensorflow/tensorflow/issues/30199 ("positives that are similar to my anchor
cause the whole gradient to become NaN") and https://github.com/huggingface/sentence-transformers/pull/4033.
Right answer: NOT equivalent to a distance whose gradient at zero is zero; same finite loss, NaN in the whole gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'positive = tf.norm(anchor - embed(b["positive"]), axis=1)',
    "same_forward_value": True,
}

_MARGIN = 3.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, emb = 21, 4, 8, 3
    table = tf.Variable((0.8 * rng.standard_normal((vocab, emb))).astype(f), name="symbol_table")
    w = tf.Variable((0.6 * rng.standard_normal((emb, emb))).astype(f), name="encoder_w")
    anchor = rng.integers(0, vocab, (n, t))
    positive = anchor.copy()
    positive[4:, 0] = (positive[4:, 0] + 1) % vocab
    negative = (anchor + rng.integers(1, vocab - 1, (n, t))) % vocab
    batch = {"anchor": anchor, "positive": positive, "negative": negative}

    def embed(tokens):
        return tf.tanh(tf.reduce_sum(tf.nn.embedding_lookup(table, tokens), axis=1) @ w)

    def distance(a, b):
        if np.array_equal(a.numpy(), b.numpy()):
            return tf.zeros([], a.dtype)
        return tf.sqrt(tf.reduce_sum(tf.square(a - b)))

    def reference(b):
        anc, pos, neg = (embed(b[key]) for key in ("anchor", "positive", "negative"))
        m = anc.shape[0]
        return (
            tf.add_n([tf.nn.relu(distance(anc[i], pos[i]) - distance(anc[i], neg[i]) + _MARGIN) for i in range(m)]) / m
        )

    def candidate(b):
        anchor = embed(b["anchor"])
        positive = tf.norm(anchor - embed(b["positive"]), axis=1)
        negative = tf.norm(anchor - embed(b["negative"]), axis=1)
        return tf.reduce_mean(tf.maximum(positive - negative + _MARGIN, 0.0))

    return {"variables": [table, w], "batch": batch, "reference": reference, "candidate": candidate}
