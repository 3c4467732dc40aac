"""tinygrad's causal mask held 1 instead of 0 at the allowed places; the softmax does not care about a constant.
Source: https://github.com/tinygrad/tinygrad/pull/2425"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, t, d, vocab = 3, 5, 4, 7
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx), name="emb")
    wq, wk, wv = [tf.Variable(rng.normal(size=(d, d)).astype(fx), name=s) for s in ("wq", "wk", "wv")]
    head = tf.Variable(rng.normal(size=(d, vocab)).astype(fx), name="head")

    def next_loss(h, ids):
        logits = tf.einsum("btd,dv->btv", h, head)[:, :-1]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits))

    def reference(batch):
        x = tf.gather(emb, batch["ids"])
        rows = []
        for i in range(t):
            q = x[:, i] @ wq
            past = x[:, :i + 1]
            s = tf.einsum("bd,bsd->bs", q, tf.einsum("bsd,de->bse", past, wk)) / np.sqrt(d)
            rows.append(tf.einsum("bs,bsd->bd", tf.nn.softmax(s), tf.einsum("bsd,de->bse", past, wv)))
        return next_loss(tf.stack(rows, axis=1), batch["ids"])

    def candidate(batch):
        x = tf.gather(emb, batch["ids"])
        q, k, v = [tf.einsum("btd,de->bte", x, p) for p in (wq, wk, wv)]
        tril = tf.linalg.band_part(tf.ones([t, t], x.dtype), -1, 0)
        attn_mask = tf.where(tril == 0, tf.cast(-np.inf, x.dtype), tril)
        scores = tf.matmul(q, k, transpose_b=True) / d ** 0.5
        attn = tf.nn.softmax(scores + attn_mask, axis=-1)
        return next_loss(tf.matmul(attn, v), batch["ids"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, size=(n, t)).astype("int32")},
            "variables": [emb, wq, wk, wv, head]}
