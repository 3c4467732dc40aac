"""A reader of Neural FM holds that the sum over the looked-up embeddings should run over axis 0; the lookup is
(batch, fields, k), so axis 1 is right and the sum-of-squares trick equals the sum over all pairs.
Source: https://github.com/hexiangnan/neural_factorization_machine/issues/7"""
import itertools

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, fields, vocab, k = 14, 5, 9, 4
    emb = tf.Variable(0.5 * rng.standard_normal((vocab, k)).astype(f), name="feature_embeddings")
    lin = tf.Variable(0.3 * rng.standard_normal((vocab, 1)).astype(f), name="feature_bias")
    w = tf.Variable(rng.standard_normal((k, 1)).astype(f), name="prediction")
    ids = np.stack([rng.permutation(vocab)[:fields] for _ in range(n)])
    batch = {"ids": ids.astype("int32"), "y": rng.standard_normal((n, 1)).astype(f)}

    def reference(b):
        v = [tf.gather(emb, b["ids"][:, j]) for j in range(fields)]
        pairs = tf.add_n([v[i] * v[j] for i, j in itertools.combinations(range(fields), 2)])
        first_order = tf.add_n([tf.gather(lin, b["ids"][:, j]) for j in range(fields)])
        return tf.reduce_mean((tf.nn.tanh(pairs) @ w + first_order - b["y"]) ** 2)

    def candidate(b):
        nonzero_embeddings = tf.nn.embedding_lookup(emb, b["ids"])
        summed_features_emb = tf.reduce_sum(nonzero_embeddings, 1)
        summed_features_emb_square = tf.square(summed_features_emb)
        squared_sum_features_emb = tf.reduce_sum(tf.square(nonzero_embeddings), 1)
        fm = 0.5 * tf.subtract(summed_features_emb_square, squared_sum_features_emb)
        bilinear = tf.reduce_sum(tf.matmul(tf.tanh(fm), w), 1, keepdims=True)
        feature_bias = tf.reduce_sum(tf.nn.embedding_lookup(lin, b["ids"]), 1)
        out = tf.add_n([bilinear, feature_bias])
        return tf.nn.l2_loss(tf.subtract(b["y"], out)) * 2.0 / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, lin, w]}
