"""Bayes by backprop with a two-Gaussian prior: the mixture weights are added to the densities instead of multiplying them.

Source (real): https://github.com/JavierAntoran/Bayesian-Neural-Networks/issues/15
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'normalised_like = pi1 + tf.exp(N1_ll - max_loglike) + pi2 + tf.exp(N2_ll - max_loglike)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 14, 5
    mu = tf.Variable(rng.normal(size=(d, 2)).astype("float32") * 0.7, name="mu")
    rho = tf.Variable((rng.normal(size=(d, 2)) * 0.3 - 1.0).astype("float32"), name="rho")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "y": rng.integers(0, 2, n).astype("int32"),
    }
    eps = tf.constant(rng.normal(size=(d, 2)).astype("float32"))
    pi1, sigma1 = 0.75, 1.2
    pi2, sigma2 = 0.25, 0.1

    def normal_ll(w, m, s):
        return -0.5 * math.log(2 * math.pi) - tf.math.log(s) - 0.5 * tf.square((w - m) / s)

    def sample():
        std = tf.math.softplus(rho)
        w = mu + std * eps
        return w, tf.reduce_sum(normal_ll(w, mu, std))

    def data_nll(w, b):
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(b["y"], b["x"] @ w))

    def reference(b):
        w, log_q = sample()
        comp = tf.stack([math.log(pi1) + normal_ll(w, 0.0, sigma1), math.log(pi2) + normal_ll(w, 0.0, sigma2)], -1)
        log_prior = tf.reduce_sum(tf.reduce_logsumexp(comp, axis=-1))
        return (data_nll(w, b) + 0.5 * (log_q - log_prior)) / n

    def candidate(b):
        w, log_post = sample()
        N1_ll = normal_ll(w, 0.0, sigma1)
        N2_ll = normal_ll(w, 0.0, sigma2)
        max_loglike = tf.maximum(N1_ll, N2_ll)
        normalised_like = pi1 + tf.exp(N1_ll - max_loglike) + pi2 + tf.exp(N2_ll - max_loglike)
        loglike = tf.math.log(normalised_like) + max_loglike
        kl = log_post - tf.reduce_sum(loglike)
        return (data_nll(w, b) + 0.5 * kl) / n

    return {"variables": [mu, rho], "batch": batch, "reference": reference, "candidate": candidate}
