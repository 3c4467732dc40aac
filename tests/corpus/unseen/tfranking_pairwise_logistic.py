"""Pairwise logistic loss written after the paper's equation, log(1 + exp(s_i - s_j)) for i more relevant than j; the minus sign is
missing and a right order is punished. Source: https://github.com/tensorflow/ranking/issues/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "losses = tf.math.log1p(tf.exp(pairwise_logits))",
    "same_forward_value": False,
}


def approx_dcg_discount(logits, valid):
    """Rank discounts of the current order, no gradient."""
    order = tf.argsort(tf.argsort(tf.where(valid, -logits, 1e6), axis=1), axis=1)
    return tf.stop_gradient(1.0 / tf.math.log1p(tf.cast(order, tf.float32) + 1.0))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, list_size, d = 5, 6, 7
    docs = rng.normal(size=(n, list_size, d)).astype("float32")
    query = rng.normal(size=(n, d)).astype("float32")
    relevance = rng.integers(0, 4, size=(n, list_size)).astype("float32")
    relevance[1, 4:] = -1.0          # padded documents
    relevance[3, 5:] = -1.0

    scorer = keras.Sequential([keras.Input((list_size, 2 * d)), keras.layers.Dense(9, activation="relu"),
                               keras.layers.Dense(1)])

    def score(batch):
        q = tf.repeat(batch["query"][:, None], list_size, axis=1)
        return tf.squeeze(scorer(tf.concat([batch["docs"], q], -1)), -1)

    def pair_weights(labels, logits):
        valid = labels >= 0
        pairs = (labels[:, :, None] > labels[:, None, :]) & valid[:, :, None] & valid[:, None, :]
        disc = approx_dcg_discount(logits, valid)
        delta = tf.abs(disc[:, :, None] - disc[:, None, :]) * tf.abs(2.0 ** labels[:, :, None] - 2.0 ** labels[:, None, :])
        return tf.where(pairs, delta, tf.zeros_like(delta))

    def reference(batch):
        logits = score(batch)
        diff = logits[:, :, None] - logits[:, None, :]
        per_pair = tf.nn.relu(-diff) + tf.math.log1p(tf.exp(-tf.abs(diff)))
        w = pair_weights(batch["relevance"], logits)
        return tf.reduce_sum(per_pair * w) / tf.reduce_sum(w)

    def candidate(batch):
        logits = score(batch)
        pairwise_logits = tf.expand_dims(logits, 2) - tf.expand_dims(logits, 1)
        losses = tf.math.log1p(tf.exp(pairwise_logits))
        weights = pair_weights(batch["relevance"], logits)
        return tf.math.divide_no_nan(tf.reduce_sum(losses * weights), tf.reduce_sum(weights))

    return {"reference": reference, "candidate": candidate,
            "batch": {"docs": docs, "query": query, "relevance": relevance}, "variables": scorer.trainable_variables}
