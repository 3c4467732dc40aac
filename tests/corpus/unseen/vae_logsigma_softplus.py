"""Variational autoencoder for binning: the layer of log(sigma) passes through a softplus.
So log(sigma) cannot become negative, though all optimal values are negative.
Source: https://github.com/RasmussenLab/vamb/pull/182"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logsigma = tf.nn.softplus(tf.matmul(hidden, w_sigma) + b_sigma)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, z = 18, 6, 5, 3
    x = rng.random(size=(n, d)).astype(f)
    eps = rng.normal(size=(n, z)).astype(f)

    def par(name, *shape):
        return tf.Variable((0.4 * rng.normal(size=shape)).astype(f), name=name)

    w_enc, w_mu, w_sigma, b_sigma, w_dec = (
        par("w_enc", d, h), par("w_mu", h, z), par("w_sigma", h, z), par("b_sigma", z), par("w_dec", z, d))
    variables = [w_enc, w_mu, w_sigma, b_sigma, w_dec]

    def reference(batch):
        e = tf.nn.leaky_relu(batch["x"] @ w_enc)
        m = e @ w_mu
        s = tf.nn.bias_add(e @ w_sigma, b_sigma)
        rec = (m + batch["eps"] * tf.exp(0.5 * s)) @ w_dec
        sse = tf.reduce_sum((rec - batch["x"]) ** 2) / n
        kl = 0.5 * tf.reduce_sum(tf.exp(s) + m * m - 1.0 - s) / n
        return sse + 0.1 * kl

    def candidate(batch):
        def encode(t):
            hidden = tf.nn.leaky_relu(tf.matmul(t, w_enc))
            mu = tf.matmul(hidden, w_mu)
            logsigma = tf.nn.softplus(tf.matmul(hidden, w_sigma) + b_sigma)
            return mu, logsigma

        def calc_loss(depths_in, depths_out, mu, logsigma):
            sse = tf.reduce_mean(tf.reduce_sum(tf.square(depths_out - depths_in), axis=1))
            kld = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + logsigma - mu ** 2 - tf.exp(logsigma), axis=1))
            return sse + 0.1 * kld

        mu, logsigma = encode(batch["x"])
        latent = mu + batch["eps"] * tf.exp(logsigma / 2)
        return calc_loss(batch["x"], tf.matmul(latent, w_dec), mu, logsigma)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "eps": eps}, "variables": variables}
