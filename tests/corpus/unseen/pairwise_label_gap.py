"""Pairwise hinge/logistic ranking loss: pairs should count by the indicator y_i > y_j, but each is weighted with the
difference of its labels.
Source: https://github.com/tensorflow/ranking/issues/73"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'weights = tf.abs(label_gap) * tf.cast(label_gap > 0, f)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, items, d = 14, 5, 4
    docs = rng.normal(size=(n, items, d)).astype(f)
    labels = rng.integers(0, 4, size=(n, items)).astype(f)
    w1 = tf.Variable(rng.normal(size=(d, 3)).astype(f), name="w1")
    w2 = tf.Variable(rng.normal(size=(3, 1)).astype(f), name="w2")

    def score(x):
        return tf.squeeze(tf.tanh(x @ w1) @ w2, -1)

    def reference(batch):
        s, y = score(batch["docs"]), batch["labels"].numpy()
        terms = []
        for q in range(n):
            for i in range(items):
                for j in range(items):
                    if y[q, i] > y[q, j]:
                        terms.append(tf.nn.softplus(s[q, j] - s[q, i]))
        return tf.add_n(terms) / n

    def candidate(batch):
        def pairwise_comparison(t):
            return t[:, :, None] - t[:, None, :]

        logits_gap = pairwise_comparison(score(batch["docs"]))
        label_gap = pairwise_comparison(batch["labels"])
        weights = tf.abs(label_gap) * tf.cast(label_gap > 0, f)
        losses = tf.nn.relu(-logits_gap) + tf.math.log1p(tf.exp(-tf.abs(logits_gap)))
        return tf.reduce_sum(losses * weights) / n

    return {"reference": reference, "candidate": candidate, "batch": {"docs": docs, "labels": labels}, "variables": [w1, w2]}
