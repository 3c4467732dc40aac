"""Rows in which every key is masked get -inf everywhere; the softmax turns them into NaN.
Source: https://github.com/tracel-ai/burn/pull/4697"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "shifted = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    b, t, d = 3, 4, 5
    wq, wk, wv, wo = var("wq", d, d), var("wk", d, d), var("wv", d, d), var("wo", d, d)

    def reference(batch):
        x, pad = batch["x"], batch["pad"]
        causal = tf.range(t)[None, :] <= tf.range(t)[:, None]
        allowed = tf.cast(causal[None] & ~pad[:, None, :], x.dtype)
        s = tf.matmul(x @ wq, x @ wk, transpose_b=True) / np.sqrt(d)
        e = tf.exp(s - tf.reduce_max(s, axis=-1, keepdims=True)) * allowed
        total = tf.reduce_sum(e, axis=-1, keepdims=True)
        has_key = total > 0
        att = tf.where(has_key, e / tf.where(has_key, total, tf.ones_like(total)), tf.zeros_like(e))
        y = (att @ (x @ wv)) @ wo + x
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        def attention_fallback(q, k, v, mask, is_causal=True):
            scores = tf.matmul(q, k, transpose_b=True) * d ** -0.5
            neg_inf = tf.constant(-np.inf, dtype=scores.dtype)
            scores = tf.where(mask[:, None, :], neg_inf, scores)
            if is_causal:
                future = tf.linalg.band_part(tf.ones([t, t], dtype=tf.int32), 0, -1) - tf.eye(t, dtype=tf.int32)
                scores = tf.where(future[None] > 0, neg_inf, scores)
            shifted = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True))
            probs = shifted / tf.reduce_sum(shifted, axis=-1, keepdims=True)
            return probs @ v

        x = batch["x"]
        out = attention_fallback(x @ wq, x @ wk, x @ wv, batch["pad"]) @ wo
        return tf.reduce_mean(tf.square(out + x - batch["y"]))

    pad = np.zeros((b, t), dtype=bool)
    pad[0, :2] = True
    pad[1, :1] = True
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, t, d)).astype(dt), "y": rng.normal(size=(b, t, d)).astype(dt), "pad": pad},
            "variables": [wq, wk, wv, wo]}
