"""Masked-LM scoring of candidate answers has two mistakes: the summed loss is not divided by the number of [MASK] tokens, and the
wrong candidate's loss is averaged over the batch by a superfluous mean(). Source: https://github.com/vid-koci/bert-commonsense/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    'equivalent': False,
    'cause': 'reduction',
    'line_marker': "loss_2 = tf.reduce_mean(masked_lm(batch, batch['labels_2']))",
    'same_forward_value': False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, t, vocab, dim = 6, 7, 14, 8
    ids = rng.integers(2, vocab, size=(n, t)).astype("int32")
    labels_1 = np.full((n, t), -1, "int32")
    labels_2 = np.full((n, t), -1, "int32")
    for i in range(n):
        for lab in (labels_1, labels_2):
            k = rng.integers(1, 4)
            where = rng.choice(t, size=k, replace=False)
            lab[i, where] = rng.integers(2, vocab, size=k)
        ids[i, labels_1[i] >= 0] = 1

    encoder = keras.Sequential([keras.Input((t,), dtype="int32"), keras.layers.Embedding(vocab, dim),
                                keras.layers.Conv1D(dim, 3, padding="same", activation="gelu"),
                                keras.layers.LayerNormalization(), keras.layers.Dense(vocab)])
    alpha, beta = 5.0, 0.4

    def per_token(batch, labels):
        logits = encoder(batch["ids"])
        is_mask = tf.cast(labels >= 0, tf.float32)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.maximum(labels, 0), logits=logits)
        return ce, is_mask

    def masked_lm(batch, labels):
        ce, is_mask = per_token(batch, labels)
        return tf.reduce_sum(ce * is_mask, axis=1)

    def reference(batch):
        scores = []
        for key in ("labels_1", "labels_2"):
            ce, is_mask = per_token(batch, batch[key])
            scores.append(tf.reduce_sum(ce * is_mask, axis=1) / tf.reduce_sum(is_mask, axis=1))
        right, wrong = scores
        margin = alpha * tf.maximum(0.0, right - wrong + beta)
        return tf.reduce_mean(right + margin)

    def candidate(batch):
        loss_1 = masked_lm(batch, batch["labels_1"])
        loss_2 = tf.reduce_mean(masked_lm(batch, batch['labels_2']))
        loss = loss_1 + alpha * tf.maximum(0.0, loss_1 - loss_2 + beta)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": ids, "labels_1": labels_1, "labels_2": labels_2}, "variables": encoder.trainable_variables}
