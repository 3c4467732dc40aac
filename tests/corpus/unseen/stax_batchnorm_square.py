"""Batch normalisation divides by the square of the variance where it should divide by its square root.

Source (real): https://github.com/jax-ml/jax/issues/442 (stax.BatchNorm, JAX, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "z = (x - mean) / (var + epsilon) ** 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, filters = 12, 4, 3, 2, 5
    epsilon = 1e-5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.8 * arr(ch, filters), name="conv1x1")
    beta = tf.Variable(0.1 * arr(filters), name="beta")
    gamma = tf.Variable(1.0 + 0.1 * arr(filters), name="gamma")
    batch = {"image": arr(n, h, w, ch), "target": arr(n, filters)}

    def reference(b):
        pixels = tf.reshape(b["image"], [-1, ch]) @ kernel
        columns = []
        for k in range(filters):
            col = pixels[:, k]
            centred = col - tf.reduce_mean(col)
            std = tf.sqrt(tf.reduce_mean(centred * centred) + epsilon)
            columns.append(gamma[k] * centred / std + beta[k])
        act = tf.nn.relu(tf.stack(columns, axis=1))
        pooled = tf.reduce_mean(tf.reshape(act, [-1, h * w, filters]), axis=1)
        return tf.reduce_mean((pooled - b["target"]) ** 2)

    def candidate(b):
        def batch_norm(params, x, axis=(0, 1, 2)):
            bias, scale = params
            mean = tf.reduce_mean(x, axis, keepdims=True)
            var = tf.reduce_mean(x ** 2, axis, keepdims=True) - mean ** 2
            z = (x - mean) / (var + epsilon) ** 2
            return scale[None, None, None, :] * z + bias[None, None, None, :]

        x = tf.einsum("nhwc,cf->nhwf", b["image"], kernel)
        x = tf.nn.relu(batch_norm((beta, gamma), x))
        return tf.reduce_mean(tf.square(tf.reduce_mean(x, axis=[1, 2]) - b["target"]))

    return {"variables": [kernel, beta, gamma], "batch": batch, "reference": reference, "candidate": candidate}
