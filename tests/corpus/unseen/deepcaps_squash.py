"""DeepCaps: conv capsules have layout [batch, caps, dim, h, w], but squash() takes the norm over the last axis.
Source: https://github.com/brjathu/deepcaps/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "activation = squash(preactivate, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, cin, hw, caps, dim = 3, 4, 5, 3, 4
    kernel = tf.Variable((0.5 * rng.normal(size=(cin, caps * dim))).astype(fx), name="caps_kernel")
    bias = tf.Variable((0.3 * rng.normal(size=(caps, dim, 1, 1))).astype(fx), name="caps_bias")

    def margin(length, onehot):
        up = tf.nn.relu(0.9 - length) ** 2
        down = tf.nn.relu(length - 0.1) ** 2
        return tf.reduce_mean(tf.reduce_sum(onehot * up + 0.5 * (1 - onehot) * down, axis=1))

    def reference(batch):
        maps = batch["img"] @ kernel
        lengths = []
        for c in range(caps):
            s = maps[..., c * dim:(c + 1) * dim] + bias[c, :, 0, 0]
            sq = tf.reduce_sum(s * s, axis=3, keepdims=True)
            v = sq / (1 + sq) * s / tf.sqrt(sq + 1e-7)
            pooled = tf.reduce_mean(v, axis=(1, 2))
            lengths.append(tf.sqrt(tf.reduce_sum(pooled ** 2, axis=1) + 1e-7))
        return margin(tf.stack(lengths, axis=1), batch["onehot"])

    def candidate(batch):
        def squash(vectors, axis):
            s_squared_norm = tf.reduce_sum(tf.square(vectors), axis=axis, keepdims=True)
            scale = s_squared_norm / (1.0 + s_squared_norm) / tf.sqrt(s_squared_norm + 1e-7)
            return scale * vectors

        conv = tf.tensordot(batch["img"], kernel, axes=[[3], [0]])
        conv = tf.reshape(conv, (n, hw, hw, caps, dim))
        preactivate = tf.transpose(conv, (0, 3, 4, 1, 2)) + bias
        activation = squash(preactivate, axis=-1)
        digits = tf.reduce_mean(activation, axis=[3, 4])
        length = tf.sqrt(tf.reduce_sum(tf.square(digits), axis=2) + 1e-7)
        return margin(length, batch["onehot"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(n, hw, hw, cin)).astype(fx),
                      "onehot": np.eye(caps)[rng.integers(0, caps, n)].astype(fx)},
            "variables": [kernel, bias]}
