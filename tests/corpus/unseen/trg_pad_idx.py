"""The Transformer builds the target padding mask with src_pad_idx as well; trg_pad_idx is never used, which is wrong as
soon as the two vocabularies pad with different ids. Source: https://github.com/hyunwoongko/transformer/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'pad_mask = tf.not_equal(ids, src_pad_idx)[:, None, :]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, seq, vocab, dim = 3, 5, 8, 4
    src_pad_idx, trg_pad_idx = 1, 3
    emb = var("trg_embedding", vocab, dim, scale=1.0)
    wq, wk, wv = (var(s, dim, dim) for s in ("w_q", "w_k", "w_v"))
    out = var("linear", dim, vocab)
    real = np.array([0, 1, 2, 4, 5, 6, 7])
    trg = real[rng.integers(0, 7, (n, seq + 1))].astype("int32")
    trg[0, 2] = trg[1, 1] = src_pad_idx
    trg[0, 4:] = trg_pad_idx
    trg[2, 5:] = trg_pad_idx

    def token_loss(logits, gold):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=gold, logits=logits)
        on = tf.cast(gold != trg_pad_idx, ce.dtype)
        return tf.reduce_sum(ce * on) / tf.reduce_sum(on)

    def reference(batch):
        ids, gold = batch["trg"][:, :-1], batch["trg"][:, 1:]
        rows = []
        for i in range(n):
            e = tf.gather(emb, ids[i])
            s = tf.matmul(tf.matmul(e, wq), tf.matmul(e, wk), transpose_b=True) / dim ** 0.5
            allowed = np.tril(np.ones((seq, seq), bool)) & (trg[i, :-1] != trg_pad_idx)[None, :]
            p = tf.nn.softmax(tf.where(allowed, s, -10000.0 * tf.ones_like(s)), axis=-1)
            rows.append(tf.matmul(e + tf.matmul(p, tf.matmul(e, wv)), out))
        return token_loss(tf.stack(rows), gold)

    def candidate(batch):
        trg_in, trg_out = batch["trg"][:, :-1], batch["trg"][:, 1:]

        def make_trg_mask(ids):
            pad_mask = tf.not_equal(ids, src_pad_idx)[:, None, :]
            sub_mask = tf.linalg.band_part(tf.ones((seq, seq)), -1, 0) > 0
            return tf.logical_and(pad_mask, sub_mask[None])

        x = tf.nn.embedding_lookup(emb, trg_in)
        q, k, v = (tf.einsum("nsd,de->nse", x, w) for w in (wq, wk, wv))
        score = tf.matmul(q, k, transpose_b=True) / dim ** 0.5
        score = tf.where(make_trg_mask(trg_in), score, tf.constant(-10000.0, score.dtype))
        x = x + tf.matmul(tf.nn.softmax(score), v)
        return token_loss(tf.einsum("nsd,dv->nsv", x, out), trg_out)

    return {"reference": reference, "candidate": candidate,
            "batch": {"trg": trg},
            "variables": [emb, wq, wk, wv, out]}
