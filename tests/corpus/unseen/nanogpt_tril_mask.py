"""Causal attention: the mask is a lower triangle, and the entries where it is zero get minus infinity.

Source (real): https://github.com/karpathy/nanoGPT/issues/170 (PyTorch, ported; "Shouldn't it be triu()?"; the reporter had missed
the "== 0").
Right answer: EQUIVALENT to attending to the prefix of each position.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, block_size, n_embd, n_head = 12, 5, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    c_attn = tf.Variable(0.5 * arr(n_embd, 3 * n_embd), name="c_attn")
    c_proj = tf.Variable(0.5 * arr(n_embd, n_embd), name="c_proj")
    batch = {"x": arr(n, block_size, n_embd), "y": arr(n, block_size, n_embd)}
    hs = n_embd // n_head

    def reference(b):
        qkv = tf.tensordot(b["x"], c_attn, 1)
        positions = []
        for t in range(block_size):
            heads = []
            for h in range(n_head):
                q = qkv[:, t, h * hs : (h + 1) * hs]
                k = qkv[:, : t + 1, n_embd + h * hs : n_embd + (h + 1) * hs]
                v = qkv[:, : t + 1, 2 * n_embd + h * hs : 2 * n_embd + (h + 1) * hs]
                p = tf.nn.softmax(tf.linalg.matvec(k, q) / np.sqrt(hs))
                heads.append(tf.linalg.matvec(v, p, transpose_a=True))
            positions.append(tf.concat(heads, axis=-1) @ c_proj)
        return tf.reduce_mean(tf.square(tf.stack(positions, axis=1) - b["y"]))

    def candidate(b):
        B, T, C = b["x"].shape
        bias = tf.reshape(tf.linalg.band_part(tf.ones([block_size, block_size]), -1, 0), [1, 1, block_size, block_size])
        q, k, v = tf.split(tf.tensordot(b["x"], c_attn, 1), 3, axis=2)
        q, k, v = (tf.transpose(tf.reshape(z, [B, T, n_head, C // n_head]), [0, 2, 1, 3]) for z in (q, k, v))
        att = (q @ tf.transpose(k, [0, 1, 3, 2])) * (1.0 / np.sqrt(k.shape[-1]))
        att = tf.where(bias[:, :, :T, :T] == 0, tf.constant(-np.inf, dtype=att.dtype), att)
        att = tf.nn.softmax(att, axis=-1)
        y = tf.reshape(tf.transpose(att @ v, [0, 2, 1, 3]), [B, T, C])
        return tf.reduce_mean(tf.square(tf.tensordot(y, c_proj, 1) - b["y"]))

    return {"variables": [c_attn, c_proj], "batch": batch, "reference": reference, "candidate": candidate}
