"""Mixture density network with a high-dimensional target: the densities are multiplied over the dimensions and underflow before the
log is taken. Source: https://github.com/sagelywizard/pytorch-mdn/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.reduce_prod(ret, axis=2)",
    "same_forward_value": False,
}
ONEOVERSQRT2PI = 1.0 / np.sqrt(2 * np.pi)


class MDN(keras.layers.Layer):
    def __init__(self, out_features, num_gaussians):
        super().__init__()
        self.out_features, self.num_gaussians = out_features, num_gaussians
        self.pi = keras.layers.Dense(num_gaussians)
        self.sigma = keras.layers.Dense(out_features * num_gaussians)
        self.mu = keras.layers.Dense(out_features * num_gaussians)

    def call(self, minibatch):
        shape = (-1, self.num_gaussians, self.out_features)
        sigma = tf.reshape(tf.exp(self.sigma(minibatch)), shape)
        return self.pi(minibatch), sigma, tf.reshape(self.mu(minibatch), shape)


def gaussian_probability(sigma, mu, target):
    target = tf.broadcast_to(tf.expand_dims(target, 1), tf.shape(sigma))
    ret = ONEOVERSQRT2PI * tf.exp(-0.5 * ((target - mu) / sigma) ** 2) / sigma
    return tf.reduce_prod(ret, axis=2)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, out, k = 6, 4, 72, 3
    x = rng.normal(size=(n, d)).astype("float32")
    y = (1.3 * rng.normal(size=(n, out))).astype("float32")
    hidden = keras.layers.Dense(8, activation="tanh")
    mdn = MDN(out, k)
    mdn(hidden(tf.constant(x)))

    def reference(batch):
        logits, sigma, mu = mdn(hidden(batch["x"]))
        z = (batch["y"][:, None, :] - mu) / sigma
        log_prob = -0.5 * z ** 2 - tf.math.log(sigma) - 0.5 * np.log(2 * np.pi)
        joint = tf.nn.log_softmax(logits, axis=1) + tf.reduce_sum(log_prob, axis=2)
        return -tf.reduce_mean(tf.reduce_logsumexp(joint, axis=1))

    def candidate(batch):
        logits, sigma, mu = mdn(hidden(batch["x"]))
        prob = tf.nn.softmax(logits, axis=1) * gaussian_probability(sigma, mu, batch["y"])
        nll = -tf.math.log(tf.reduce_sum(prob, axis=1))
        return tf.reduce_mean(nll)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": hidden.trainable_variables + mdn.trainable_variables}
