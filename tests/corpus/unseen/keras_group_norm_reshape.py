"""Keras GroupNormalization with channels last reshapes (n, h, w, c) straight to (n, g, h, w, c//g) without a permutation,
so that the groups are blocks of rows, not of channels.
Source: https://github.com/titu1994/Keras-Group-Normalization/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "x = tf.reshape(inputs, group_shape)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c, groups, eps = 13, 4, 3, 6, 2, 1e-3
    kernel = tf.Variable((0.4 * rng.standard_normal((1, 1, 5, c))).astype(f), name="kernel")
    gamma = tf.Variable((1 + 0.3 * rng.standard_normal(c)).astype(f), name="gamma")
    beta = tf.Variable((0.3 * rng.standard_normal(c)).astype(f), name="beta")

    def reference(batch):
        x = tf.nn.conv2d(batch["image"], kernel, 1, "SAME")
        parts = []
        for piece in tf.split(x, groups, axis=-1):
            mu, var = tf.nn.moments(piece, [1, 2, 3], keepdims=True)
            parts.append((piece - mu) * tf.math.rsqrt(var + eps))
        y = tf.nn.elu(tf.concat(parts, -1) * gamma + beta)
        return tf.reduce_mean((y - batch["target"]) ** 2)

    def candidate(batch):
        class GroupNormalization:
            def __init__(self, groups, axis=-1, epsilon=eps):
                self.groups, self.axis, self.epsilon = groups, axis, epsilon

            def call(self, inputs):
                broadcast_shape = [1, 1, 1, c]
                group_shape = [n, groups, h, w, c // groups]
                x = tf.reshape(inputs, group_shape)
                axes = list(range(2, len(group_shape)))
                mean = tf.reduce_mean(x, axis=axes, keepdims=True)
                variance = tf.math.reduce_variance(x, axis=axes, keepdims=True)
                x = (x - mean) / tf.sqrt(variance + self.epsilon)
                x = tf.reshape(x, (n, h, w, c))
                return x * tf.reshape(gamma, broadcast_shape) + tf.reshape(beta, broadcast_shape)

        net = tf.tensordot(batch["image"], kernel[0, 0], 1)
        net = tf.nn.elu(GroupNormalization(groups).call(net))
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["target"], net))

    image = rng.standard_normal((n, h, w, 5)) + np.linspace(0, 2, h)[None, :, None, None]
    batch = {"image": image.astype(f), "target": rng.standard_normal((n, h, w, c)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, gamma, beta]}
