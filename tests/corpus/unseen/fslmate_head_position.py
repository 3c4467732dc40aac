"""The position embedding reads the head position from column -1 of the relation vector, where the tail position stands; the head is at -2. Source: https://github.com/tata1661/FSL-Mate/issues/31"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'head_position_vector = tf.cast(rc_vector[:, :, -1], tf.int32)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    B, L, V, P, dw, dp, k = 4, 5, 9, 6, 4, 2, 3
    word_emb = var("word_emb", V, dw)
    head_emb = var("head_emb", P, dp, scale=1.0)
    tail_emb = var("tail_emb", P, dp, scale=1.0)
    fc = var("fc", dw + 2 * dp, k)

    def reference(batch):
        word, head, tail = tf.unstack(batch["rc"], axis=-1)
        feat = tf.concat([tf.nn.embedding_lookup(word_emb, word), tf.nn.embedding_lookup(head_emb, head),
                          tf.nn.embedding_lookup(tail_emb, tail)], -1)
        logits = tf.reduce_max(tf.tanh(feat), 1) @ fc
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits))

    def candidate(batch):
        def rc_position_embedding(rc_vector):
            word_vector = tf.cast(rc_vector[:, :, 0], tf.int32)
            head_position_vector = tf.cast(rc_vector[:, :, -1], tf.int32)
            tail_position_vector = tf.cast(rc_vector[:, :, -1], tf.int32)
            return tf.concat([tf.gather(word_emb, word_vector), tf.gather(head_emb, head_position_vector),
                              tf.gather(tail_emb, tail_position_vector)], axis=-1)

        embedded = rc_position_embedding(batch["rc"])
        encoded = tf.reduce_max(tf.tanh(embedded), axis=1)
        logp = tf.nn.log_softmax(encoded @ fc)
        onehot = tf.one_hot(batch["label"], k, dtype=logp.dtype)
        return -tf.reduce_mean(tf.reduce_sum(onehot * logp, -1))

    rc = np.stack([rng.integers(0, V, (B, L)), rng.integers(0, P, (B, L)), rng.integers(0, P, (B, L))], -1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"rc": rc, "label": rng.integers(0, k, B)},
            "variables": [word_emb, head_emb, tail_emb, fc]}
