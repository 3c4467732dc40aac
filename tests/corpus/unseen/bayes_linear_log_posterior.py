"""Bayesian linear layer: the log density of the variational posterior takes sigma where log(sigma) belongs.
Source: https://github.com/piEsposito/blitz-bayesian-deep-learning/pull/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "log_post = -np.log(np.sqrt(2 * np.pi)) - sigma - 0.5 * ((w - mu) / sigma) ** 2",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, out = 21, 4, 3
    x = rng.normal(size=(n, d)).astype(f)
    y = rng.normal(size=(n, out)).astype(f)
    eps = rng.normal(size=(d, out)).astype(f)
    mu = tf.Variable((0.3 * rng.normal(size=(d, out))).astype(f), name="mu")
    rho = tf.Variable((-1.0 + 0.2 * rng.normal(size=(d, out))).astype(f), name="rho")
    prior_sigma = 1.0

    def reference(batch):
        std = tf.nn.softplus(rho)
        weight = mu + std * batch["eps"]
        half_log_2pi = 0.5 * np.log(2.0 * np.pi)
        log_q = tf.reduce_sum(-half_log_2pi - tf.math.log(std) - tf.square(weight - mu) / (2.0 * std * std))
        log_p = tf.reduce_sum(-half_log_2pi - np.log(prior_sigma) - tf.square(weight) / (2.0 * prior_sigma ** 2))
        fit = tf.reduce_mean(tf.square(batch["x"] @ weight - batch["y"]))
        return fit + (log_q - log_p) / n

    def candidate(batch):
        class TrainableDistribution:
            def sample(self):
                self.sigma = tf.math.log1p(tf.exp(rho))
                self.w = mu + self.sigma * batch["eps"]
                return self.w

            def log_posterior(self):
                sigma, w = self.sigma, self.w
                log_post = -np.log(np.sqrt(2 * np.pi)) - sigma - 0.5 * ((w - mu) / sigma) ** 2
                return tf.reduce_sum(log_post)

        def prior_log_prob(w):
            return tf.reduce_sum(-np.log(np.sqrt(2 * np.pi) * prior_sigma) - 0.5 * (w / prior_sigma) ** 2)

        dist = TrainableDistribution()
        w = dist.sample()
        complexity_cost = dist.log_posterior() - prior_log_prob(w)
        pred = tf.matmul(batch["x"], w)
        return keras.ops.mean((pred - batch["y"]) ** 2) + complexity_cost / n

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y, "eps": eps},
            "variables": [mu, rho]}
