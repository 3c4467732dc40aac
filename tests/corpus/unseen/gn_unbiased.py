"""A hand-written GroupNorm uses torch.var's unbiased default where the layer takes the biased variance.
Source: https://github.com/pytorch/pytorch/issues/22617"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'var = tf.reduce_sum((x - mean) ** 2, axis=2, keepdims=True) / (x.shape[2] - 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, L, C, G = 3, 2, 6, 3
    conv = tf.Variable(normal(4, C), name="conv")
    gamma = tf.Variable(1.0 + normal(C, scale=0.3), name="gamma")
    beta = tf.Variable(normal(C, scale=0.3), name="beta")
    eps = 1e-5

    def reference(batch):
        y = batch["x"] @ conv
        parts = []
        for g in range(G):
            block = y[:, :, g * (C // G):(g + 1) * (C // G)]
            mean, var = tf.nn.moments(block, axes=[1, 2], keepdims=True)
            parts.append((block - mean) * tf.math.rsqrt(var + eps))
        y = tf.concat(parts, axis=-1) * gamma + beta
        return tf.reduce_mean(tf.square(tf.nn.relu(y) - batch["y"]))

    def candidate(batch):
        h = tf.matmul(batch["x"], conv)
        x = tf.transpose(tf.reshape(h, (n, L, G, C // G)), (0, 2, 1, 3))
        x = tf.reshape(x, (n, G, -1))
        mean = tf.reduce_mean(x, axis=2, keepdims=True)
        var = tf.reduce_sum((x - mean) ** 2, axis=2, keepdims=True) / (x.shape[2] - 1)
        x = (x - mean) / tf.sqrt(var + eps)
        x = tf.reshape(tf.transpose(tf.reshape(x, (n, G, L, C // G)), (0, 2, 1, 3)), (n, L, C))
        manual_norm = x * gamma + beta
        return tf.reduce_mean((tf.nn.relu(manual_norm) - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, L, 4), "y": normal(n, L, C)}, "variables": [conv, gamma, beta]}
