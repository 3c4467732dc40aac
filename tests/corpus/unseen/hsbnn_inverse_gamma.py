"""Horseshoe BNN: E[log gamma] of an inverse Gamma is passed unnegated to the Gamma prior term.
Source: https://github.com/dtak/hs-bnn-public/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "prior = ep_gamma(e_gamma, e_log_gamma)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d = 8, 3
    a0 = b0 = 6.0
    log_a = tf.Variable(np.array(np.log(4.0) + 0.2 * rng.normal(), dtype=fx), name="log_a")
    log_b = tf.Variable(np.array(np.log(3.0) + 0.2 * rng.normal(), dtype=fx), name="log_b")
    w = tf.Variable(rng.normal(size=(d, 1)).astype(fx), name="w")

    def reference(batch):
        a, b = tf.exp(log_a), tf.exp(log_b)
        resid = batch["y"] - tf.squeeze(batch["x"] @ w, 1)
        e_log_prec = tf.math.digamma(a) - tf.math.log(b)
        e_prec = a / b
        lik = 0.5 * n * e_log_prec - 0.5 * e_prec * tf.reduce_sum(resid ** 2)
        kl = ((a - a0) * tf.math.digamma(a) - tf.math.lgamma(a) + tf.math.lgamma(tf.cast(a0, fx))
              + a0 * (tf.math.log(b) - np.log(b0)) + a * (b0 - b) / b)
        return -(lik - kl) / n

    def candidate(batch):
        def ep_gamma(e_x, e_log_x):
            const = a0 * np.log(b0) - tf.math.lgamma(tf.cast(a0, e_x.dtype))
            return const + (a0 - 1.0) * e_log_x - b0 * e_x

        def entropy(a, b):
            return a - tf.math.log(b) + tf.math.lgamma(a) + (1.0 - a) * tf.math.digamma(a)

        a, b = tf.exp(log_a), tf.exp(log_b)
        e_gamma = a / b
        e_log_gamma = tf.math.log(b) - tf.math.digamma(a)
        mean = tf.linalg.matvec(batch["x"], w[:, 0])
        data_term = -0.5 * n * e_log_gamma - 0.5 * e_gamma * tf.reduce_sum(tf.square(batch["y"] - mean))
        prior = ep_gamma(e_gamma, e_log_gamma)
        elbo = data_term + prior + entropy(a, b)
        return -elbo / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": rng.normal(size=(n,)).astype(fx)},
            "variables": [log_a, log_b, w]}
