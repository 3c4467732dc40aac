"""Learned kNN graph: a node without any feature has degree zero and its edges become 0 times infinity.
Source: https://github.com/BorealisAI/SLAPS-GNN/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'norm = norm_row + norm_col',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    nodes, words, d, classes, k = 12, 9, 6, 3, 4
    bag = (rng.random((nodes, words)) < 0.4).astype("float32")
    bag[np.arange(nodes), rng.integers(0, words, nodes)] = 1.0
    bag[5] = 0.0
    label = rng.integers(0, classes, size=(nodes,)).astype("int32")
    train = (rng.random(nodes) < 0.7).astype("float32")
    train[:2] = 1.0

    generator = tf.Variable(rng.normal(size=(words, d)).astype("float32"))
    w = tf.Variable(rng.normal(size=(words, classes)).astype("float32"))

    def masked_nll(logits, batch):
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits)
        return tf.reduce_sum(nll * batch["train"]) / tf.reduce_sum(batch["train"])

    def embed(x):
        return tf.math.l2_normalize(tf.nn.relu(x @ generator), axis=1)

    def reference(batch):
        z = embed(batch["bag"])
        similarity = tf.matmul(z, z, transpose_b=True)
        _, best = tf.math.top_k(similarity, k=k)
        adjacency = similarity * tf.reduce_sum(tf.one_hot(best, nodes), axis=1)
        symmetric = adjacency + tf.transpose(adjacency)
        degree = tf.reduce_sum(symmetric, axis=1)
        connected = degree > 0
        inverse_root = tf.where(connected, tf.math.rsqrt(tf.where(connected, degree, tf.ones_like(degree))), 0.0)
        normalised = symmetric * inverse_root[:, None] * inverse_root[None]
        return masked_nll(normalised @ (batch["bag"] @ w), batch)

    def knn_fast(x):
        vals, inds = tf.math.top_k(tf.matmul(x, x, transpose_b=True), k=k)
        values = tf.reshape(vals, [-1])
        cols = tf.reshape(inds, [-1])
        rows = tf.repeat(tf.range(nodes), k)
        norm_row = tf.reduce_sum(vals, axis=1)
        norm_col = tf.math.unsorted_segment_sum(values, cols, nodes)
        norm = norm_row + norm_col
        values *= tf.pow(tf.gather(norm, rows), -0.5) * tf.pow(tf.gather(norm, cols), -0.5)
        return rows, cols, values

    def candidate(batch):
        rows, cols, values = knn_fast(embed(batch["bag"]))
        rows_, cols_ = tf.concat([rows, cols], axis=0), tf.concat([cols, rows], axis=0)
        values_ = tf.concat([values, values], axis=0)
        support = tf.matmul(batch["bag"], w)
        messages = tf.gather(support, cols_) * values_[:, None]
        return masked_nll(tf.math.unsorted_segment_sum(messages, rows_, nodes), batch)

    return {"reference": reference, "candidate": candidate, "batch": {"bag": bag, "label": label, "train": train},
            "variables": [generator, w]}
