"""Laplace distribution: log_prob is the one of a Gaussian with the deviation b.

Source (real): https://github.com/probtorch/probtorch/pull/4 (PyTorch, ported; merged with the formula of TensorFlow).
Right answer: NOT equivalent.
"""
import math

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return -0.5 * (tf.math.log(2 * math.pi * self._b**2) + ((value - self._mu) / self._b) ** 2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 22, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_mu = tf.Variable(0.5 * arr(d, k), name="w_mu")
    w_b = tf.Variable(0.3 * arr(d, k), name="w_b")
    batch = {"x": arr(n, d), "y": rng.laplace(0.0, 1.5, (n, k)).astype(f)}

    def reference(b):
        mu, log_b = b["x"] @ w_mu, b["x"] @ w_b
        nll = float(np.log(2.0)) + log_b + tf.abs(b["y"] - mu) * tf.exp(-log_b)
        return tf.reduce_mean(tf.reduce_sum(nll, axis=1))

    def candidate(b):
        class Laplace:
            def __init__(self, mu, b):
                self._mu = mu
                self._b = b

            @property
            def mean(self):
                return self._mu

            def log_prob(self, value):
                return -0.5 * (tf.math.log(2 * math.pi * self._b**2) + ((value - self._mu) / self._b) ** 2)

        dist = Laplace(b["x"] @ w_mu, tf.exp(b["x"] @ w_b))
        return -tf.reduce_mean(tf.reduce_sum(dist.log_prob(b["y"]), axis=-1))

    return {"variables": [w_mu, w_b], "batch": batch, "reference": reference, "candidate": candidate}
