"""Baseline transformer: the layer norm normalizes over items and channels together (all axes but the first) instead of the channels.

Source (real): https://github.com/Qualcomm-AI-research/geometric-algebra-transformer/pull/8 (normalized_shape=inputs.shape[1:], PyTorch, ported).
Right answer: NOT equivalent; normalized_shape counts from the last dimension and has to be the last one only.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "normalized_shape = inputs.shape[1:]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, items, c = 20, 4, 6
    eps = 1e-5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(c, c), name="mlp_in")
    w2 = tf.Variable(0.6 * arr(c, c), name="mlp_out")
    batch = {"x": arr(n, items, c) * np.array([0.3, 1.0, 2.0, 4.0], f)[:, None], "y": arr(n, items, c)}

    def reference(b):
        m = b["x"].shape[0]
        norm = keras.layers.LayerNormalization(axis=-1, epsilon=eps, center=False, scale=False)
        total = 0.0
        for i in range(items):
            token = b["x"][:, i]
            update = tf.nn.gelu(norm(token) @ w1) @ w2
            total += tf.reduce_sum(tf.square(token + update - b["y"][:, i]))
        return total / (m * items * c)

    def candidate(b):
        def layer_norm(x, shape):
            axes = list(range(-len(shape), 0))
            mean, var = tf.nn.moments(x, axes=axes, keepdims=True)
            return (x - mean) * tf.math.rsqrt(var + eps)

        class BaselineLayerNorm(keras.layers.Layer):
            def call(self, inputs):
                normalized_shape = inputs.shape[1:]
                return layer_norm(inputs, normalized_shape)

        h = BaselineLayerNorm()(b["x"])
        h = tf.nn.gelu(tf.matmul(h, w1))
        outputs = b["x"] + tf.matmul(h, w2)
        return tf.reduce_mean(tf.square(outputs - b["y"]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
