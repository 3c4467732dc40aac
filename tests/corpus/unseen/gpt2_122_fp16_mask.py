"""GPT-2 masks attention weights with 1e10 * (1 - b); in float16 1e10 is inf and inf * 0 is NaN. Source: https://github.com/openai/gpt-2/pull/122"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "w = w * b - tf.cast(1e10, w.dtype) * (1 - b)",
    "same_forward_value": False,
}


def attention_mask(nd, ns, *, dtype):
    """1's in the lower triangle, counting from the lower right corner."""
    i = tf.range(nd)[:, None]
    j = tf.range(ns)
    return tf.cast(i >= j - ns + nd, dtype)


def build(seed=0):
    rng = np.random.default_rng(seed)
    B, T, V, n_embd, n_head = 2, 6, 11, 8, 2
    scale = lambda s, *shape: tf.Variable(rng.normal(0, s, shape).astype("float32"))
    wte, wpe = scale(0.5, V, n_embd), scale(0.1, T, n_embd)
    c_attn, c_proj = scale(0.4, n_embd, 3 * n_embd), scale(0.4, n_embd, n_embd)

    def split_heads(x):
        return tf.transpose(tf.reshape(x, (B, T, n_head, n_embd // n_head)), (0, 2, 1, 3))

    def lm_loss(batch, mask_attn_weights):
        h = tf.gather(wte, batch["tokens"]) + wpe
        half = tf.cast(h, tf.float16)
        q, k, v = map(split_heads, tf.split(half @ tf.cast(c_attn, tf.float16), 3, axis=-1))
        w = tf.matmul(q, k, transpose_b=True) * tf.cast((n_embd // n_head) ** -0.5, tf.float16)
        w = tf.nn.softmax(mask_attn_weights(w))
        a = tf.reshape(tf.transpose(tf.matmul(w, v), (0, 2, 1, 3)), (B, T, n_embd))
        h = h + tf.cast(a @ tf.cast(c_proj, tf.float16), tf.float32)
        logits = tf.matmul(h, wte, transpose_b=True)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["tokens"][:, 1:], logits=logits[:, :-1]))

    def reference(batch):
        def mask_attn_weights(w):
            b = attention_mask(w.shape[-2], w.shape[-1], dtype=w.dtype)
            return w * b - tf.cast(1e4, w.dtype) * (1 - b)
        return lm_loss(batch, mask_attn_weights)

    def candidate(batch):
        def mask_attn_weights(w):
            nd, ns = w.shape[-2], w.shape[-1]
            b = tf.reshape(attention_mask(nd, ns, dtype=w.dtype), [1, 1, nd, ns])
            w = w * b - tf.cast(1e10, w.dtype) * (1 - b)
            return w
        return lm_loss(batch, mask_attn_weights)

    batch = {"tokens": rng.integers(0, V, (B, T)).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wte, wpe, c_attn, c_proj]}
