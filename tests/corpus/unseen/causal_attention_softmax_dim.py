"""The attention weights of the causal self-attention are normalised over the query dimension instead of
over the keys. Source: https://github.com/nerdai/llms-from-scratch-rs/pull/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "attn_weights = tf.nn.softmax(attn_scores / d_out ** 0.5, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    b, t, v, d_out = 3, 5, 7, 6
    emb, wq, wk, wv, wo = var("emb", v, d_out, scale=1.0), var("wq", d_out, d_out), var("wk", d_out, d_out), var("wv", d_out, d_out), var("wo", d_out, v)
    batch = {"tokens": rng.integers(0, v, (b, t)).astype("int32"), "targets": rng.integers(0, v, (b, t)).astype("int32")}

    def reference(batch):
        x = tf.gather(emb, batch["tokens"])
        q, k, val = x @ wq, x @ wk, x @ wv
        losses = []
        for i in range(t):
            w = tf.nn.softmax(tf.einsum("bd,bsd->bs", q[:, i], k[:, :i + 1]) / np.sqrt(d_out))
            ctx = tf.einsum("bs,bsd->bd", w, val[:, :i + 1])
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["targets"][:, i], ctx @ wo))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        x = tf.gather(emb, batch["tokens"])
        queries, keys, values = x @ wq, x @ wk, x @ wv
        attn_scores = tf.matmul(queries, keys, transpose_b=True)
        causal = tf.linalg.band_part(tf.ones((t, t), attn_scores.dtype), -1, 0) > 0
        attn_scores = tf.where(causal, attn_scores, tf.cast(-1e9, attn_scores.dtype))
        attn_weights = tf.nn.softmax(attn_scores / d_out ** 0.5, axis=1)
        logits = (attn_weights @ values) @ wo
        ce = keras.losses.sparse_categorical_crossentropy(batch["targets"], logits, from_logits=True)
        return tf.reduce_mean(ce)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, wq, wk, wv, wo]}
