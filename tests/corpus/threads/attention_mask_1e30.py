"""Attention over padded sequences: scores - 1e30 * (1 - mask) with expanded mask against dropping the padding.

Source (real): https://github.com/huggingface/transformers/pull/6915 (TensorFlow DistilBERT; the softmax and its mask
stay in float32, where 1e30 is finite).
Right answer: EQUIVALENT in float32 and float64: masked weights are exactly zero and get no gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, heads, size = 12, 5, 6, 2, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq, wk, wv = (tf.Variable(0.5 * arr(d, heads * size), name=name) for name in ("w_query", "w_key", "w_value"))
    length = rng.integers(2, t + 1, n)
    batch = {
        "x": arr(n, t, d),
        "mask": (np.arange(t)[None] < length[:, None]).astype(f),
        "y": arr(n, heads * size),
    }

    def split_heads(z):
        return tf.transpose(tf.reshape(z, [z.shape[0], z.shape[1], heads, size]), [0, 2, 1, 3])

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            keep = int(tf.reduce_sum(b["mask"][i]))
            x = b["x"][i, :keep]
            out = []
            for h in range(heads):
                part = slice(h * size, (h + 1) * size)
                q, k, v = (x @ ww[:, part] for ww in (wq, wk, wv))
                out.append(tf.nn.softmax(q @ tf.transpose(k) / size**0.5) @ v)
            total += tf.reduce_sum(tf.square(tf.reduce_mean(tf.concat(out, axis=1), axis=0) - b["y"][i]))
        return total / m

    def candidate(b):
        q, k, v = (split_heads(tf.tensordot(b["x"], ww, 1)) for ww in (wq, wk, wv))
        mask = b["mask"][:, tf.newaxis, tf.newaxis, :]
        scores = tf.matmul(q, k, transpose_b=True) / size**0.5 - 1e30 * (1.0 - mask)
        ctx = tf.transpose(tf.matmul(tf.nn.softmax(scores, axis=-1), v), [0, 2, 1, 3])
        ctx = tf.reshape(ctx, [ctx.shape[0], t, heads * size])
        weight = b["mask"] / tf.reduce_sum(b["mask"], axis=1, keepdims=True)
        pooled = tf.reduce_sum(ctx * weight[..., tf.newaxis], axis=1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(pooled - b["y"]), axis=1))

    return {"variables": [wq, wk, wv], "batch": batch, "reference": reference, "candidate": candidate}
