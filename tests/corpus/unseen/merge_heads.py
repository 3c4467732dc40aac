"""Transformer tutorial: the head outputs (B, H, T, D) are reshaped to (B, T, H*D) without swapping heads and time first.
Source: https://github.com/ajhalthor/Transformer-Neural-Network/pull/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "values = tf.reshape(values, [B, T, num_heads * head_dim])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, num_heads, head_dim = 3, 4, 2, 3
    D = num_heads * head_dim
    qkv_layer = keras.layers.Dense(3 * D, name="qkv_layer")
    linear_layer = keras.layers.Dense(D, name="linear_layer")
    qkv_layer.build((None, None, D))
    linear_layer.build((None, None, D))

    def scaled_dot_product(q, k, v):
        scaled = tf.matmul(q, k, transpose_b=True) / np.sqrt(head_dim)
        causal = tf.linalg.band_part(tf.ones([T, T], scaled.dtype), -1, 0)
        scaled += (1.0 - causal) * -1e9
        return tf.matmul(tf.nn.softmax(scaled, axis=-1), v)

    def reference(batch):
        qkv = tf.reshape(qkv_layer(batch["x"]), [B, T, num_heads, 3 * head_dim])
        q, k, v = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, axis=-1)
        heads = scaled_dot_product(q, k, v)
        joined = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [B, T, D])
        return tf.reduce_mean(tf.abs(linear_layer(joined) - batch["y"]) ** 2)

    def candidate(batch):
        qkv = qkv_layer(batch["x"])
        qkv = tf.reshape(qkv, [B, T, num_heads, 3 * head_dim])
        qkv = tf.transpose(qkv, [0, 2, 1, 3])
        q, k, v = tf.split(qkv, 3, axis=-1)
        values = scaled_dot_product(q, k, v)
        values = tf.reshape(values, [B, T, num_heads * head_dim])
        out = linear_layer(values)
        return tf.reduce_mean(tf.abs(out - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((B, T, D)).astype(fx), "y": rng.standard_normal((B, T, D)).astype(fx)},
            "variables": [qkv_layer.kernel, qkv_layer.bias, linear_layer.kernel, linear_layer.bias]}
