"""Suspected: the labels of SimCLR's info_nce are all zero. The positive logit stands in column 0, so that is right.
Source: https://github.com/sthalles/SimCLR/issues/33"""
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
    fx = keras.config.floatx()
    n, d, e, temperature = 4, 7, 5, 0.3
    l1 = keras.layers.Dense(9, activation="relu", name="l1")
    l2 = keras.layers.Dense(e, name="l2")
    l1.build((n, d))
    l2.build((n, 9))

    def reference(batch):
        z = tf.nn.l2_normalize(l2(l1(tf.concat([batch["a"], batch["b"]], 0))), axis=1)
        total = 0.0
        for i in range(2 * n):
            partner = (i + n) % (2 * n)
            s = tf.linalg.matvec(z, z[i]) / temperature
            others = tf.stack([s[k] for k in range(2 * n) if k != i])
            total += tf.reduce_logsumexp(others) - s[partner]
        return total / (2 * n)

    def candidate(batch):
        features = l2(l1(tf.concat([batch["a"], batch["b"]], axis=0)))
        ids = tf.concat([tf.range(n), tf.range(n)], axis=0)
        labels = tf.equal(ids[None, :], ids[:, None])
        features = tf.math.l2_normalize(features, axis=1)
        similarity_matrix = tf.matmul(features, features, transpose_b=True)
        off = tf.logical_not(tf.eye(2 * n, dtype=tf.bool))
        labels = tf.reshape(tf.boolean_mask(labels, off), (2 * n, -1))
        similarity_matrix = tf.reshape(tf.boolean_mask(similarity_matrix, off), (2 * n, -1))
        positives = tf.reshape(tf.boolean_mask(similarity_matrix, labels), (2 * n, -1))
        negatives = tf.reshape(tf.boolean_mask(similarity_matrix, tf.logical_not(labels)), (2 * n, -1))
        logits = tf.concat([positives, negatives], axis=1)
        targets = tf.zeros((2 * n,), dtype=tf.int64)
        logits = logits / temperature
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.normal(size=(n, d)).astype(fx), "b": rng.normal(size=(n, d)).astype(fx)},
            "variables": l1.trainable_variables + l2.trainable_variables}
