"""The BitNet transformer overwrites x by the attention output and then adds x to itself instead of the block input.
Source: https://github.com/kyegomez/BitNet/issues/32"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x = x + x",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, t, d, vocab = 3, 5, 6, 8
    emb = tf.Variable(rng.normal(size=(vocab, d)).astype(fx) * 0.7, name="emb")
    qkv = [tf.Variable(rng.normal(size=(3, d, d)).astype(fx) * 0.4, name=f"qkv{i}") for i in range(2)]
    ffn = [tf.Variable(rng.normal(size=(d, d)).astype(fx) * 0.4, name=f"ffn{i}") for i in range(2)]
    head = tf.Variable(rng.normal(size=(d, vocab)).astype(fx) * 0.5, name="head")
    future = np.triu(np.full((t, t), -1e9), 1).astype(fx)

    def attention(x, w):
        q, k, v = [tf.einsum("btd,de->bte", x, w[i]) for i in range(3)]
        s = tf.einsum("bte,bse->bts", q, k) / d ** 0.5 + future
        return tf.einsum("bts,bse->bte", tf.nn.softmax(s), v)

    def feed(x, w):
        return tf.nn.gelu(tf.einsum("btd,de->bte", x, w))

    def next_token(x, ids):
        logits = tf.einsum("btd,dv->btv", x, head)[:, :-1]
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits))

    def reference(batch):
        x = tf.gather(emb, batch["ids"])
        for w_attn, w_ff in zip(qkv, ffn):
            x = attention(x, w_attn) + x
            x = feed(x, w_ff) + x
        return next_token(x, batch["ids"])

    def candidate(batch):
        x = tf.gather(emb, batch["ids"])
        for w_attn, w_ff in zip(qkv, ffn):
            x = attention(x, w_attn)
            x = x + x
            x = feed(x, w_ff) + x
        return next_token(x, batch["ids"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, vocab, size=(n, t)).astype("int32")},
            "variables": [emb, *qkv, *ffn, head]}
