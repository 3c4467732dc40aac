"""GPT-2 attention in float16: w * mask - 1e10 * (1 - mask), where 1e10 is infinite in half precision.

Source (real): https://github.com/openai/gpt-2/pull/122 (TensorFlow; mask_attn_weights with mixed precision),
https://github.com/huggingface/transformers/issues/382, https://github.com/google/flax/issues/982.
Right answer: NOT equivalent; inf * 0 is NaN wherever the mask is 1. Loss and every gradient are NaN.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "half = half * allowed - tf.cast(1e10, half.dtype) * (1 - allowed)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, size = 14, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq, wk, wv = (tf.Variable(0.6 * arr(d, size), name=name) for name in ("w_query", "w_key", "w_value"))
    batch = {"x": arr(n, t, d), "y": arr(n, t, size)}

    def qkv(b):
        return [tf.tensordot(b["x"], ww, 1) for ww in (wq, wk, wv)]

    def reference(b):
        q, k, v = qkv(b)
        total = 0.0
        for s in range(t):
            scores = tf.reduce_sum(q[:, s : s + 1] * k[:, : s + 1], axis=-1) / size**0.5
            ctx = tf.reduce_sum(tf.nn.softmax(scores)[..., None] * v[:, : s + 1], axis=1)
            total += tf.reduce_sum(tf.square(ctx - b["y"][:, s]))
        return total / tf.size(b["y"], out_type=tf.int32).numpy()

    def candidate(b):
        q, k, v = qkv(b)
        half = tf.cast(tf.matmul(q, k, transpose_b=True) / size**0.5, tf.float16)
        allowed = tf.linalg.band_part(tf.ones([1, t, t], half.dtype), -1, 0)
        half = half * allowed - tf.cast(1e10, half.dtype) * (1 - allowed)
        weights = tf.cast(tf.nn.softmax(half), v.dtype)
        return tf.reduce_mean(tf.square(weights @ v - b["y"]))

    return {"variables": [wq, wk, wv], "batch": batch, "reference": reference, "candidate": candidate}
