"""Lifted structured loss: the log-sum-exp of a positive pair has to run over the negatives of both of its members;
here the negatives of the second one (the column) are missing.
Source: https://github.com/tensorflow/similarity/pull/340"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "neg_logsumexp = tf.reduce_logsumexp(row_values, axis=1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, emb = 18, 7, 4
    w = tf.Variable((0.5 * rng.standard_normal((dim, emb))).astype(f), name="w")
    batch = {
        "x": rng.standard_normal((n, dim)).astype(f),
        "y": (np.arange(n) % 5).astype("int32"),
    }
    margin, far = 1.0, -1e9

    def distances(e):
        sq = tf.reduce_sum((e[:, None, :] - e[None, :, :]) ** 2, axis=-1)
        return tf.sqrt(tf.maximum(sq, 1e-12))

    def reference(batch):
        d = distances(tf.tanh(batch["x"] @ w))
        same = batch["y"][:, None] == batch["y"][None, :]
        lse = tf.reduce_logsumexp(tf.where(same, far, margin - d), axis=1)
        total, pairs = 0.0, 0.0
        for i in range(n):
            for j in range(i + 1, n):
                hit = tf.cast(same[i, j], f)
                top = tf.maximum(lse[i], lse[j])
                both = top + tf.math.log(tf.exp(lse[i] - top) + tf.exp(lse[j] - top))
                total += hit * tf.nn.relu(both + d[i, j]) ** 2
                pairs += hit
        return total / (2.0 * pairs)

    def candidate(batch):
        class LiftedStructLoss:
            def __init__(self, margin):
                self.margin = margin

            def masks(self, labels):
                adjacency = tf.equal(labels, tf.transpose(labels))
                positive = tf.logical_and(adjacency, ~tf.eye(n, dtype=tf.bool))
                return tf.cast(positive, f), tf.logical_not(adjacency)

            def call(self, labels, embeddings):
                pairwise_distances = distances(embeddings)
                positive_mask, negative_mask = self.masks(tf.reshape(labels, (-1, 1)))
                row_values = tf.where(negative_mask, self.margin - pairwise_distances, far)
                neg_logsumexp = tf.reduce_logsumexp(row_values, axis=1, keepdims=True)
                j_values = tf.square(tf.maximum(neg_logsumexp + pairwise_distances, 0.0))
                return tf.reduce_sum(j_values * positive_mask) / (2.0 * tf.reduce_sum(positive_mask))

        embeddings = tf.math.tanh(tf.tensordot(batch["x"], w, 1))
        return LiftedStructLoss(margin).call(batch["y"], embeddings)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
