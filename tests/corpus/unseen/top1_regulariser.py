"""TOP1 loss of a GRU4Rec port: the score regularisation term runs over all in-batch scores, although in the
paper it covers negatives only. Source: https://github.com/hungpthanh/GRU4REC-pytorch/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "reg = tf.reduce_sum(tf.sigmoid(logit ** 2)) / pairs",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, items = 5, 4, 6, 12
    emb = keras.layers.Embedding(items, d, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.8))
    emb.build()
    gru = keras.layers.GRU(d)
    gru.build((None, t, d))
    gru.set_weights([w + 0.3 * rng.standard_normal(w.shape) for w in gru.get_weights()])

    def reference(batch):
        h = gru(emb(batch["session"]))
        scores = tf.matmul(h, emb(batch["next_item"]), transpose_b=True)
        total = 0.0
        for i in range(b):
            for j in range(b):
                if i == j:
                    continue
                neg, pos = scores[i, j], scores[i, i]
                total += tf.sigmoid(neg - pos) + tf.sigmoid(tf.square(neg))
        return total / (b * (b - 1))

    def candidate(batch):
        h = gru(emb(batch["session"]))
        logit = tf.einsum("id,jd->ij", h, emb(batch["next_item"]))
        n = tf.shape(logit)[0]
        pairs = tf.cast(n * (n - 1), logit.dtype)
        off_diag = 1.0 - tf.eye(n, dtype=logit.dtype)
        diff = logit - tf.linalg.diag_part(logit)[:, None]
        rank = tf.reduce_sum(off_diag * tf.sigmoid(diff)) / pairs
        reg = tf.reduce_sum(tf.sigmoid(logit ** 2)) / pairs
        return rank + reg

    return {"reference": reference, "candidate": candidate,
            "batch": {"session": rng.integers(0, items, (b, t)).astype("int32"),
                      "next_item": rng.permutation(items)[:b].astype("int32")},
            "variables": [emb.embeddings] + gru.trainable_variables}
