"""Suspected: LayerNormalization with axis -1 takes a mean per pixel. That is what it is documented to do.
Source: https://github.com/keras-team/keras/issues/18231"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, hgt, wid, c = 3, 4, 3, 5
    mix, out = var("mix", c, c), var("out", c, 2)
    gamma = tf.Variable((1 + 0.3 * rng.normal(size=c)).astype(f), name="gamma")
    beta = var("beta", c)

    def reference(batch):
        y = batch["x"] @ mix
        mean, variance = tf.nn.moments(y, axes=[-1], keepdims=True)
        y = (y - mean) * tf.math.rsqrt(variance + 1e-3) * gamma + beta
        logits = tf.reduce_mean(tf.nn.relu(y), axis=[1, 2]) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=logits))

    def candidate(batch):
        flat = tf.reshape(tf.einsum("bhwi,io->bhwo", batch["x"], mix), [-1, c])
        count = tf.cast(c, flat.dtype)
        mu = tf.reduce_sum(flat, axis=1, keepdims=True) / count
        second = tf.reduce_sum(tf.square(flat), axis=1, keepdims=True) / count
        scaled = (flat - mu) / tf.sqrt(second - tf.square(mu) + 1e-3)
        scaled = tf.nn.relu(scaled * gamma[None, :] + beta[None, :])
        pooled = tf.reduce_mean(tf.reshape(scaled, [-1, hgt * wid, c]), axis=1)
        logp = tf.nn.log_softmax(tf.matmul(pooled, out))
        return -tf.reduce_mean(tf.gather(logp, batch["label"], batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, hgt, wid, c), "label": rng.integers(0, 2, n)},
            "variables": [mix, gamma, beta, out]}
