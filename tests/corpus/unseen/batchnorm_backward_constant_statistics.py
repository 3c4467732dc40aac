"""Batch norm in training mode whose backward takes mean and variance as numbers, not as functions of the input.
Source: https://github.com/facebookresearch/CrypTen/pull/143"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "mean, var = (tf.stop_gradient(s) for s in tf.nn.moments(inp, axes=[0]))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h = 17, 6, 4
    x = (rng.standard_normal((n, d)) + 0.7).astype(f)
    y = rng.integers(0, 2, (n, 1)).astype(f)
    w = tf.Variable(rng.standard_normal((d, h)) * 0.6, dtype=f, name="w")
    gamma = tf.Variable(rng.uniform(0.5, 1.5, (h,)), dtype=f, name="gamma")
    beta = tf.Variable(rng.standard_normal((h,)) * 0.1, dtype=f, name="beta")
    v = tf.Variable(rng.standard_normal((h, 1)), dtype=f, name="v")
    eps = 1e-3
    running = {"mean": np.zeros(h), "var": np.ones(h)}

    def bce(y_true, logits):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y_true, logits=logits))

    def reference(batch):
        z = batch["x"] @ w
        mu = tf.reduce_mean(z, axis=0, keepdims=True)
        centred = z - mu
        sigma = tf.sqrt(tf.reduce_mean(centred * centred, axis=0, keepdims=True) + eps)
        return bce(batch["y"], tf.nn.relu(gamma * centred / sigma + beta) @ v)

    def candidate(batch):
        class BatchNorm:
            def __init__(self, weight, bias, stats, training):
                self.weight, self.bias, self.stats, self.training = weight, bias, stats, training

            def __call__(self, inp):
                if self.training:
                    mean, var = (tf.stop_gradient(s) for s in tf.nn.moments(inp, axes=[0]))
                else:
                    mean, var = (tf.constant(self.stats[s], dtype=f) for s in ("mean", "var"))
                inv_var = tf.math.rsqrt(var + eps)
                alpha = inv_var * self.weight
                return inp * alpha + (self.bias - mean * alpha)

        layer = BatchNorm(gamma, beta, running, training=True)
        logits = tf.matmul(tf.nn.relu(layer(tf.matmul(batch["x"], w))), v)
        return bce(batch["y"], logits)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [w, gamma, beta, v]}
