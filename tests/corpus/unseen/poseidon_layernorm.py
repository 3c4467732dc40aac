"""Poseidon's time-conditioned layer norm: E[x^2] - E[x]^2 was suspected to be a wrong variance; it is the biased variance, as it should be. Source: https://github.com/camlab-ethz/poseidon/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class ConditionalLayerNorm(keras.layers.Layer):
    def __init__(self, dim, eps=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.eps = dim, eps
        self.weight = keras.layers.Dense(dim, bias_initializer="ones")
        self.bias = keras.layers.Dense(dim)

    def call(self, x, time):
        mean = tf.reduce_mean(x, axis=-1, keepdims=True)
        var = tf.reduce_mean(x ** 2, axis=-1, keepdims=True) - mean ** 2
        x = (x - mean) / tf.sqrt(var + self.eps)
        time = tf.reshape(time, [-1, 1])
        weight, bias = self.weight(time)[:, None], self.bias(time)[:, None]
        return weight * x + bias


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, tokens, dim = 5, 6, 8
    patch_embed = keras.layers.Dense(dim)
    norm = ConditionalLayerNorm(dim)
    mlp = keras.Sequential([keras.layers.Dense(12, activation="gelu"), keras.layers.Dense(dim)])
    recover = keras.layers.Dense(3)

    def block(batch, norm_fn):
        h = patch_embed(batch["pixel_values"])
        return recover(h + norm_fn(mlp(h), batch["time"]))

    def relative_l1(pred, labels):
        err = tf.reduce_sum(tf.abs(pred - labels), axis=[1, 2])
        return tf.reduce_mean(err / (tf.reduce_sum(tf.abs(labels), axis=[1, 2]) + 1e-10))

    def textbook_norm(x, time):
        mu, sigma2 = tf.nn.moments(x, axes=[-1], keepdims=True)
        normed = (x - mu) * tf.math.rsqrt(sigma2 + 1e-5)
        t = time[:, None]
        return normed * norm.weight(t)[:, None, :] + norm.bias(t)[:, None, :]

    def reference(batch):
        return relative_l1(block(batch, textbook_norm), batch["labels"])

    def candidate(batch):
        return relative_l1(block(batch, norm), batch["labels"])

    f = lambda *s: rng.normal(size=s).astype(np.float32)
    batch = {"pixel_values": f(n, tokens, 5), "labels": f(n, tokens, 3), "time": rng.uniform(size=n).astype(np.float32)}
    candidate({k: tf.constant(v) for k, v in batch.items()})
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [v for layer in (patch_embed, norm, mlp, recover) for v in layer.trainable_variables]}
