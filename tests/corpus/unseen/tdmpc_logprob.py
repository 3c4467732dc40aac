"""Suspected: the Gaussian log-prob sums first and subtracts the constant times the action size afterwards; it is right.
Source: https://github.com/nicklashansen/tdmpc2/issues/44"""
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
    fx = keras.config.floatx()
    n, d, a, coef = 6, 5, 3, 0.1
    w_mu = tf.Variable((0.4 * rng.normal(size=(d, a))).astype(fx), name="w_mu")
    w_ls = tf.Variable((0.4 * rng.normal(size=(d, a))).astype(fx), name="w_log_std")
    wq = (0.5 * rng.normal(size=(d + a, 1))).astype(fx)

    def q_of(z, act):
        return tf.tanh(tf.concat([z, act], -1) @ wq)[:, 0]

    def log_std_of(z):
        return -4.0 + 0.5 * 6.0 * (tf.tanh(z @ w_ls) + 1.0)

    def reference(batch):
        z = batch["z"]
        mu, sd = z @ w_mu, tf.exp(log_std_of(z))
        u = mu + sd * batch["eps"]
        total = 0.0
        for j in range(a):
            dens = tf.exp(-0.5 * ((u[:, j] - mu[:, j]) / sd[:, j]) ** 2) / (sd[:, j] * np.sqrt(2 * np.pi))
            total += tf.math.log(dens) - tf.math.log(tf.nn.relu(1.0 - tf.tanh(u[:, j]) ** 2) + 1e-6)
        return tf.reduce_mean(coef * total - q_of(z, tf.tanh(u)))

    def candidate(batch):
        def gaussian_logprob(eps, log_std):
            residual = tf.reduce_sum(-0.5 * tf.square(eps) - log_std, axis=-1, keepdims=True)
            size = eps.shape[-1]
            return residual - 0.5 * np.log(2 * np.pi) * size

        def squash(pi, log_pi):
            pi = tf.tanh(pi)
            log_pi -= tf.reduce_sum(tf.math.log(tf.nn.relu(1.0 - tf.square(pi)) + 1e-6), axis=-1, keepdims=True)
            return pi, log_pi

        mu = tf.matmul(batch["z"], w_mu)
        log_std = log_std_of(batch["z"])
        log_pi = gaussian_logprob(batch["eps"], log_std)
        pi = mu + batch["eps"] * tf.exp(log_std)
        pi, log_pi = squash(pi, log_pi)
        qs = q_of(batch["z"], pi)[:, None]
        return tf.reduce_mean(coef * log_pi - qs)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "z": (0.6 * rng.normal(size=(n, d))).astype(fx),
            "eps": (0.3 * rng.normal(size=(n, a))).astype(fx),
        },
        "variables": [w_mu, w_ls],
    }
