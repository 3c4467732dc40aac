"""Thread: ScaleMixturePrior.log_prior averages the log densities of the weights, where the product of densities asks for their sum.
Source: https://github.com/piEsposito/blitz-bayesian-deep-learning/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.math.log(prior_pdf))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, din, dout, n_batches = 6, 4, 3, 10.0
    mu = tf.Variable(rng.normal(size=(din, dout)).astype(fx), name="mu")
    rho = tf.Variable((rng.normal(size=(din, dout)) * 0.3 - 2).astype(fx), name="rho")
    pi, sigma1, sigma2 = 0.6, 1.0, 0.3

    def gauss(x, s):
        return tf.exp(-0.5 * (x / s) ** 2) / (s * np.sqrt(2 * np.pi))

    def reference(batch):
        sd = tf.nn.softplus(rho)
        w = mu + sd * batch["eps"]
        log_q = -tf.math.log(sd) - 0.5 * batch["eps"] ** 2 - 0.5 * np.log(2 * np.pi)
        log_p = tf.math.log(pi * gauss(w, sigma1) + (1 - pi) * gauss(w, sigma2))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=batch["x"] @ w)
        return tf.reduce_sum(ce) + tf.reduce_sum(log_q - log_p) / n_batches

    def candidate(batch):
        def posterior_log_prob(w, loc, scale):
            elementwise = -0.5 * np.log(2 * np.pi) - tf.math.log(scale) - (w - loc) ** 2 / (2 * scale**2)
            return tf.reduce_sum(elementwise)

        def log_prior(w):
            prob_n1 = gauss(w, sigma1)
            prob_n2 = gauss(w, sigma2)
            prior_pdf = pi * prob_n1 + (1 - pi) * prob_n2
            return tf.reduce_mean(tf.math.log(prior_pdf))

        scale = tf.math.log1p(tf.exp(rho))
        w = mu + scale * batch["eps"]
        logits = tf.matmul(batch["x"], w)
        log_lik = tf.gather(tf.nn.log_softmax(logits), batch["y"], axis=1, batch_dims=1)
        complexity = posterior_log_prob(w, mu, scale) - log_prior(w)
        return complexity / n_batches - tf.reduce_sum(log_lik)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, din)).astype(fx), "y": rng.integers(0, dout, n),
                      "eps": rng.normal(size=(din, dout)).astype(fx)},
            "variables": [mu, rho]}
