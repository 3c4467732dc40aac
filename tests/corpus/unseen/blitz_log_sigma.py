"""Thread: BLiTZ's variational Gaussian log-likelihood subtracts sigma in place of log(sigma).
Source: https://github.com/piEsposito/blitz-bayesian-deep-learning/issues/14"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_posteriors = -np.log(np.sqrt(2 * np.pi)) - sigma - ((w - mu) ** 2) / (2 * sigma**2) - 0.5",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, din, dout, beta = 6, 4, 2, 0.05
    mu_v = tf.Variable(rng.normal(size=(din, dout)).astype(fx), name="weight_mu")
    rho = tf.Variable((rng.normal(size=(din, dout)) * 0.5 - 1.5).astype(fx), name="weight_rho")

    def reference(batch):
        s = tf.nn.softplus(rho)
        w = mu_v + s * batch["eps"]
        log_q = tf.reduce_sum(-0.5 * np.log(2 * np.pi) - tf.math.log(s) - 0.5 * ((w - mu_v) / s) ** 2 - 0.5)
        log_p = tf.reduce_sum(-0.5 * np.log(2 * np.pi) - 0.5 * w**2)
        nll = tf.reduce_sum((batch["x"] @ w - batch["y"]) ** 2) / (2 * n)
        return nll + beta * (log_q - log_p)

    def candidate(batch):
        def sample_and_score(mu, rho_, eps_w):
            sigma = tf.math.log1p(tf.exp(rho_))
            w = mu + sigma * eps_w
            log_posteriors = -np.log(np.sqrt(2 * np.pi)) - sigma - ((w - mu) ** 2) / (2 * sigma**2) - 0.5
            return w, tf.reduce_sum(log_posteriors)

        def prior_score(w):
            return tf.reduce_sum(-np.log(np.sqrt(2 * np.pi)) - w**2 / 2)

        weights, log_variational_posterior = sample_and_score(mu_v, rho, batch["eps"])
        log_prior = prior_score(weights)
        pred = tf.matmul(batch["x"], weights)
        data_fit = 0.5 * tf.reduce_mean(tf.reduce_sum(tf.square(pred - batch["y"]), axis=1))
        complexity = log_variational_posterior - log_prior
        return data_fit + beta * complexity

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, din)).astype(fx), "y": rng.normal(size=(n, dout)).astype(fx),
                      "eps": rng.normal(size=(din, dout)).astype(fx)},
            "variables": [mu_v, rho]}
