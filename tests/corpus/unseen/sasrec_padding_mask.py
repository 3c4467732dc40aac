"""SASRec: the padding mask is taken from the sum of the embeddings after the positional encoding was added, so padded
items are no longer recognised.
Source: https://github.com/kang205/SASRec/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'mask = tf.cast(tf.reduce_sum(tf.abs(seq), axis=-1, keepdims=True) > 0, F)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, t, items, d = 3, 5, 7, 4
    item_emb = var("item_emb", items, d)
    pos_emb = var("pos_emb", t, d)
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)

    def table():
        return tf.concat([tf.zeros([1, d], dtype=F), item_emb[1:]], 0)

    def reference(batch):
        emb = table()
        ids = batch["seq"]
        real = ids > 0
        x = tf.where(real[..., None], tf.gather(emb, ids) * d ** 0.5 + pos_emb, tf.zeros([n, t, d], dtype=F))
        allowed = real[:, None, :] & (tf.range(t)[None, :, None] >= tf.range(t)[None, None, :])
        att = (x @ wq) @ tf.linalg.matrix_transpose(x @ wk) / d ** 0.5
        att = tf.nn.softmax(tf.where(allowed, att, -1e4 * tf.ones_like(att)), -1)
        x = tf.where(real[..., None], x + att @ (x @ wv), tf.zeros_like(x))
        pos = tf.reduce_sum(x * tf.gather(emb, batch["pos"]), -1)
        neg = tf.reduce_sum(x * tf.gather(emb, batch["neg"]), -1)
        target = tf.cast(batch["pos"] > 0, F)
        loss = (tf.nn.softplus(-pos) + tf.nn.softplus(neg)) * target
        return tf.reduce_sum(loss) / tf.reduce_sum(target)

    def candidate(batch):
        lookup = table()
        seq = tf.nn.embedding_lookup(lookup, batch["seq"]) * (d ** 0.5)
        seq += pos_emb[None]
        mask = tf.cast(tf.reduce_sum(tf.abs(seq), axis=-1, keepdims=True) > 0, F)
        seq *= mask
        q, k, v = (tf.matmul(seq, m) for m in (wq, wk, wv))
        scores = tf.matmul(q, k, transpose_b=True) / (d ** 0.5)
        causal = tf.linalg.band_part(tf.ones([t, t], dtype=F), -1, 0)
        visible = causal[None] * tf.transpose(mask, [0, 2, 1])
        scores = visible * scores - (1 - visible) * 1e4
        seq = (seq + tf.matmul(tf.nn.softmax(scores, axis=-1), v)) * mask

        def score(ids):
            return tf.einsum("ntd,ntd->nt", seq, tf.nn.embedding_lookup(lookup, ids))

        istarget = tf.cast(tf.not_equal(batch["pos"], 0), F)
        bce = -tf.math.log_sigmoid(score(batch["pos"])) - tf.math.log_sigmoid(-score(batch["neg"]))
        return tf.reduce_sum(bce * istarget) / tf.reduce_sum(istarget)

    seq = rng.integers(1, items, (n, t))
    pos = rng.integers(1, items, (n, t))
    for i, pad in enumerate((2, 0, 3)):
        seq[i, :pad] = 0
        pos[i, :pad] = 0
    return {"reference": reference, "candidate": candidate,
            "batch": {"seq": seq, "pos": pos, "neg": rng.integers(1, items, (n, t))},
            "variables": [item_emb, pos_emb, wq, wk, wv]}
