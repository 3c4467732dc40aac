"""After the split into groups the reduction axes still run over the group axis, so one mean and variance serve all groups.

Source (real): https://github.com/brainpy/BrainPy/issues/765
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mu, var_ = tf.nn.moments(g, axes=[1, 2, -1], keepdims=True)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, C, G = 8, 4, 6, 3
    w_in = var("w_in", 5, C)
    gamma = tf.Variable(rng.uniform(0.5, 1.5, size=(C,)).astype("float32"), name="gamma")
    beta = var("beta", C)
    w_out = var("w_out", C, 1)
    batch = {"x": arr(n, T, 5), "y": arr(n)}
    eps = 1e-5

    def head(h, b):
        pred = tf.squeeze(tf.reduce_mean(tf.nn.gelu(h), axis=1) @ w_out, axis=-1)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def reference(b):
        h = b["x"] @ w_in + tf.range(C, dtype=tf.float32) * 0.3
        parts = []
        for part in tf.split(h, G, axis=-1):
            mu = tf.reduce_mean(part, axis=[1, 2], keepdims=True)
            var_ = tf.reduce_mean(tf.square(part - mu), axis=[1, 2], keepdims=True)
            parts.append((part - mu) / tf.sqrt(var_ + eps))
        return head(tf.concat(parts, axis=-1) * gamma + beta, b)

    def candidate(b):
        h = b["x"] @ w_in + tf.range(C, dtype=tf.float32) * 0.3
        g = tf.reshape(h, [n, T, G, C // G])
        mu, var_ = tf.nn.moments(g, axes=[1, 2, -1], keepdims=True)
        g = (g - mu) * tf.math.rsqrt(var_ + eps)
        return head(tf.reshape(g, [n, T, C]) * gamma + beta, b)

    return {"variables": [w_in, gamma, beta, w_out], "batch": batch, "reference": reference, "candidate": candidate}
