"""The causal mask is put into the attention mask with masked_fill, which is not in place; the result is dropped
and every position attends to the future in training.
Source: https://github.com/QwenLM/Qwen/issues/933"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "masked_fill(attention_mask, tf.logical_not(causal_mask), MIN)",
    "same_forward_value": False,
}

MIN = -1e9


def masked_fill(tensor, where, value):
    return tf.where(where, tf.cast(value, tensor.dtype), tensor)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, seq, dim, vocab = 15, 5, 4, 7
    emb = tf.Variable(rng.standard_normal((vocab, dim)).astype(f), name="wte")
    qkv = [tf.Variable(0.7 * rng.standard_normal((dim, dim)).astype(f), name=s) for s in ("q", "k", "v")]
    lm = tf.Variable(0.6 * rng.standard_normal((dim, vocab)).astype(f), name="lm_head")
    ids = rng.integers(0, vocab, (n, seq + 1)).astype("int32")
    keep = np.arange(seq)[None] < rng.integers(2, seq + 1, n)[:, None]
    batch = {"ids": ids, "keep": keep.astype("int32")}

    def reference(b):
        x = tf.gather(emb, b["ids"][:, :seq])
        q, k, v = (tf.einsum("nsd,de->nse", x, m) for m in qkv)
        total, count = 0.0, 0.0
        for t in range(seq):
            visible = tf.cast(b["keep"][:, :t + 1], f)
            e = tf.exp(tf.einsum("nd,nsd->ns", q[:, t], k[:, :t + 1]) / dim ** 0.5) * visible
            att = e / tf.reduce_sum(e, -1, keepdims=True)
            logits = (x[:, t] + tf.einsum("ns,nsd->nd", att, v[:, :t + 1])) @ lm
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["ids"][:, t + 1], logits=logits)
            live = tf.cast(b["keep"][:, t], f)
            total += tf.reduce_sum(ce * live)
            count += tf.reduce_sum(live)
        return total / count

    def candidate(b):
        x = tf.nn.embedding_lookup(emb, b["ids"][:, :-1])
        query, key, value = [tf.tensordot(x, m, 1) for m in qkv]
        causal_mask = tf.linalg.band_part(tf.ones((seq, seq), tf.bool), -1, 0)
        causal_mask = tf.repeat(causal_mask[None], n, axis=0)
        attention_mask = (1.0 - tf.cast(b["keep"], f)[:, None, :]) * MIN
        attention_mask = tf.repeat(attention_mask, seq, axis=1)
        masked_fill(attention_mask, tf.logical_not(causal_mask), MIN)
        weights = tf.matmul(query, key, transpose_b=True) / np.sqrt(dim).astype(f) + attention_mask
        hidden = x + tf.matmul(tf.nn.softmax(weights), value)
        logits = tf.tensordot(hidden, lm, 1)
        ce = keras.losses.sparse_categorical_crossentropy(b["ids"][:, 1:], logits, from_logits=True)
        mask = tf.cast(b["keep"], f)
        return tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, *qkv, lm]}
