"""Thread: a sampled weight far from the prior gives exp(log_prob) = 0, so log_prior becomes -inf and training breaks with NaN.
Source: https://github.com/piEsposito/blitz-bayesian-deep-learning/issues/43"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return tf.reduce_sum(tf.math.log(prior_pdf))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, din, dout, kl_w = 5, 3, 2, 1e-3
    mu = tf.Variable((rng.normal(size=(din, dout)) * 0.3 + 1.2).astype(fx), name="w_mu")
    rho = tf.Variable((rng.normal(size=(din, dout)) * 0.3 - 3).astype(fx), name="w_rho")
    pi, s1, s2 = 0.5, 0.02, 0.002

    def reference(batch):
        sigma = tf.nn.softplus(rho)
        w = mu + sigma * batch["eps"]
        log_q = tf.reduce_sum(-0.5 * np.log(2 * np.pi) - tf.math.log(sigma) - 0.5 * batch["eps"] ** 2)
        comp = tf.stack([np.log(pi) - np.log(s1) - 0.5 * (w / s1) ** 2,
                         np.log(1 - pi) - np.log(s2) - 0.5 * (w / s2) ** 2])
        log_p = tf.reduce_sum(tf.reduce_logsumexp(comp, axis=0) - 0.5 * np.log(2 * np.pi))
        mse = tf.reduce_mean((batch["x"] @ w - batch["y"]) ** 2)
        return mse + kl_w * (log_q - log_p)

    def candidate(batch):
        def gaussian_log_prob(x, scale):
            return -0.5 * np.log(2 * np.pi) - np.log(scale) - tf.square(x) / (2 * scale**2)

        def log_prior(w):
            prob_n1 = tf.exp(gaussian_log_prob(w, s1))
            prob_n2 = tf.exp(gaussian_log_prob(w, s2))
            prior_pdf = pi * prob_n1 + (1 - pi) * prob_n2
            return tf.reduce_sum(tf.math.log(prior_pdf))

        def log_variational_posterior(w, sigma):
            return tf.reduce_sum(-0.5 * np.log(2 * np.pi) - tf.math.log(sigma) - tf.square((w - mu) / sigma) / 2)

        sigma = tf.math.log1p(tf.exp(rho))
        w = mu + sigma * batch["eps"]
        kl = log_variational_posterior(w, sigma) - log_prior(w)
        pred = tf.matmul(batch["x"], w)
        return tf.reduce_mean(tf.square(pred - batch["y"])) + kl_w * kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, din)).astype(fx), "y": rng.normal(size=(n, dout)).astype(fx),
                      "eps": rng.normal(size=(din, dout)).astype(fx)},
            "variables": [mu, rho]}
