"""SVGD for a RANS surrogate: the log of the Gamma prior on the noise precision uses shape where shape - 1 belongs.
Source: https://github.com/cics-nd/rans-uncertainty/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "prior_log_beta = prior_beta_shape * log_beta[index] - tf.exp(log_beta[index]) * prior_beta_rate",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, particles = 17, 4, 3
    prior_beta_shape, prior_beta_rate, prior_w_prec = 3.0, 0.5, 1.5
    weights = [tf.Variable(rng.normal(size=(d, 2)) * 0.6, dtype=f, name=f"w{i}") for i in range(particles)]
    log_beta = [tf.Variable(-1.5 + 0.2 * rng.normal(), dtype=f, name=f"log_beta{i}") for i in range(particles)]
    batch = {"x": rng.normal(size=(n, d)).astype(f), "y": rng.normal(size=(n, 2)).astype(f)}
    log_2pi = float(np.log(2 * np.pi))

    def reference(batch):
        w = tf.stack(weights)
        beta = tf.exp(tf.stack(log_beta))
        err = tf.einsum("nd,pdo->pno", batch["x"], w) - batch["y"][None]
        loglik = tf.reduce_sum(
            0.5 * (tf.math.log(beta)[:, None, None] - log_2pi - beta[:, None, None] * err ** 2), axis=[1, 2])
        log_prior_w = -0.5 * prior_w_prec * tf.reduce_sum(w ** 2, axis=[1, 2])
        # Gamma(shape, rate) density up to its constant
        log_prior_beta = tf.math.log(beta ** (prior_beta_shape - 1.0)) - prior_beta_rate * beta
        return -tf.reduce_mean(loglik + log_prior_w + log_prior_beta)

    def candidate(batch):
        def compute_loss(index, inputs, target):
            out = tf.matmul(inputs, weights[index])
            log_likelihood = -0.5 * tf.exp(log_beta[index]) * tf.reduce_sum((target - out) ** 2)
            n_data = tf.cast(tf.size(target), f)
            log_likelihood += 0.5 * n_data * log_beta[index] - 0.5 * n_data * log_2pi
            prior_log_w = -0.5 * prior_w_prec * tf.reduce_sum(tf.square(weights[index]))
            prior_log_beta = prior_beta_shape * log_beta[index] - tf.exp(log_beta[index]) * prior_beta_rate
            return -(log_likelihood + prior_log_w + prior_log_beta)

        total = tf.zeros((), f)
        for i in range(particles):
            total = total + compute_loss(i, batch["x"], batch["y"])
        return total / particles

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": weights + log_beta}
