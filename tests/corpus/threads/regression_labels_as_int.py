"""Regression targets between 0 and 1 are cast to int64 on their way into the loss.

Source (real): https://github.com/amaiya/ktrain/issues/129 (TensorFlow; "casting to tf.int64 makes all targets zero").
Right answer: NOT equivalent; the model is trained towards 0.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'labels = tf.cast(b["score"], tf.int64)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, vocab, emb = 17, 6, 9, 4
    table = tf.Variable((0.6 * rng.standard_normal((vocab, emb))).astype(f), name="word_table")
    w = tf.Variable((0.6 * rng.standard_normal((emb, 1))).astype(f), name="score_w")
    batch = {"tok": rng.integers(0, vocab, (n, t)), "score": (0.2 + 0.75 * rng.random(n)).astype(f)}

    def predict(tok):
        pooled = tf.reduce_mean(tf.nn.embedding_lookup(table, tok), axis=1)
        return tf.squeeze(pooled @ w, axis=-1)

    def reference(b):
        m = b["score"].shape[0]
        errors = [tf.square(predict(b["tok"][i : i + 1])[0] - b["score"][i]) for i in range(m)]
        return tf.add_n(errors) / m

    def candidate(b):
        labels = tf.cast(b["score"], tf.int64)
        pred = predict(b["tok"])
        return tf.reduce_mean(tf.math.squared_difference(pred, tf.cast(labels, pred.dtype)))

    return {"variables": [table, w], "batch": batch, "reference": reference, "candidate": candidate}
