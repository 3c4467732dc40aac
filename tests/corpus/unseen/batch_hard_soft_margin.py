"""Batch-hard triplet loss with soft margin: finite embeddings with far-apart positives give an infinite loss.
Source: https://github.com/huggingface/sentence-transformers/pull/4019"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'loss = tf.math.log1p(tf.exp(hardest_pos - hardest_neg))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d = 6, 4
    labels = np.array([0, 0, 1, 1, 2, 2])
    x = 3000.0 * rng.normal(size=(n, 5))
    x[1] = -x[0]
    w = tf.Variable(rng.normal(0, 0.6, (5, d)).astype(fx), name="dense")

    def reference(batch):
        z = batch["x"] @ w
        terms = []
        for i in range(n):
            dist = lambda j: tf.norm(z[i] - z[j])
            pos = tf.stack([dist(j) for j in range(n) if j != i and labels[j] == labels[i]])
            neg = tf.stack([dist(j) for j in range(n) if labels[j] != labels[i]])
            terms.append(tf.nn.softplus(tf.reduce_max(pos) - tf.reduce_min(neg)))
        return tf.add_n(terms) / n

    def candidate(batch):
        emb = tf.matmul(batch["x"], w)
        sq = tf.reduce_sum(tf.square(emb[:, None, :] - emb[None, :, :]), axis=-1)
        eye = tf.eye(n, dtype=sq.dtype)
        pairwise = tf.sqrt(sq + eye) * (1.0 - eye)
        equal = tf.cast(batch["labels"][:, None] == batch["labels"][None, :], sq.dtype)
        hardest_pos = tf.reduce_max(pairwise * (equal - eye), axis=1)
        furthest = tf.stop_gradient(tf.reduce_max(pairwise, axis=1, keepdims=True))
        hardest_neg = tf.reduce_min(pairwise + furthest * equal, axis=1)
        loss = tf.math.log1p(tf.exp(hardest_pos - hardest_neg))
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x.astype(fx), "labels": labels.astype("int32")}, "variables": [w]}
