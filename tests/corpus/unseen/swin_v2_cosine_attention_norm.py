"""Scaled cosine attention: the norms of query and key are multiplied row by row (B,H,N,1), where every pair (q, k) has its own product (B,H,N,N).
Source: https://github.com/ChristophReich1996/Swin-Transformer-V2/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "norms = tf.norm(query, axis=-1, keepdims=True) * tf.norm(key, axis=-1, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, tokens, heads, hd = 12, 5, 2, 3
    d = heads * hd
    x = (rng.standard_normal((n, tokens, d)) * rng.uniform(0.3, 3.0, (n, tokens, 1))).astype(f)
    y = rng.standard_normal((n, d)).astype(f)
    qkv = tf.Variable(rng.standard_normal((d, 3 * d)) * 0.5, dtype=f, name="qkv")
    log_tau = tf.Variable(rng.uniform(-1.0, 0.0, (heads, 1, 1)), dtype=f, name="log_tau")

    def heads_of(inputs):
        z = tf.reshape(inputs @ qkv, (-1, tokens, 3, heads, hd))
        return tf.unstack(tf.transpose(z, (2, 0, 3, 1, 4)))

    def finish(attention, value, target):
        mixed = tf.reshape(tf.transpose(attention @ value, (0, 2, 1, 3)), (-1, tokens, d))
        return tf.reduce_mean(tf.square(tf.reduce_mean(mixed, axis=1) - target))

    def reference(batch):
        q, k, v = heads_of(batch["x"])
        q, k = tf.math.l2_normalize(q, axis=-1), tf.math.l2_normalize(k, axis=-1)
        att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / tf.exp(log_tau), axis=-1)
        return finish(att, v, batch["y"])

    def candidate(batch):
        query, key, value = heads_of(batch["x"])
        attention_map = tf.einsum("bhqd,bhkd->bhqk", query, key)
        norms = tf.norm(query, axis=-1, keepdims=True) * tf.norm(key, axis=-1, keepdims=True)
        attention_map = attention_map / tf.maximum(norms, 1e-6)
        attention_map = attention_map / tf.exp(log_tau)
        return finish(tf.nn.softmax(attention_map), value, batch["y"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y}, "variables": [qkv, log_tau]}
