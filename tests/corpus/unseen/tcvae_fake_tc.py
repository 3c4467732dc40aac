"""A beta-TC-VAE whose `TC` term is a closed-form function of the posterior variance and no total correlation.
Source: https://github.com/DaoyuanLi2816/Molecule-Generator/pull/61"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "tc = tf.reduce_mean(tf.exp(log_var) - 1.0 - log_var)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, k = 6, 5, 3
    w_mu = tf.Variable(rng.normal(size=(d, k), scale=0.6).astype(fx), name="w_mu")
    w_lv = tf.Variable(rng.normal(size=(d, k), scale=0.4).astype(fx), name="w_lv")
    w_dec = tf.Variable(rng.normal(size=(k, d), scale=0.6).astype(fx), name="w_dec")
    beta = 4.0

    def reference(batch):
        mu, lv = tf.matmul(batch["x"], w_mu), tf.matmul(batch["x"], w_lv)
        z = mu + tf.exp(0.5 * lv) * batch["eps"]
        rec = tf.reduce_mean(tf.reduce_sum(tf.square(tf.matmul(z, w_dec) - batch["x"]), axis=1))
        kld = -0.5 * tf.reduce_mean(tf.reduce_sum(1.0 + lv - mu ** 2 - tf.exp(lv), axis=1))
        diff = z[:, None, :] - mu[None, :, :]
        log_pair = -0.5 * (math.log(2.0 * math.pi) + lv[None] + diff ** 2 * tf.exp(-lv)[None])
        log_qz = tf.reduce_logsumexp(tf.reduce_sum(log_pair, axis=2), axis=1) - math.log(b)
        log_prod = tf.reduce_sum(tf.reduce_logsumexp(log_pair, axis=1) - math.log(b), axis=1)
        return rec + kld + (beta - 1.0) * tf.reduce_mean(log_qz - log_prod)

    def candidate(batch):
        mean = tf.matmul(batch["x"], w_mu)
        log_var = tf.matmul(batch["x"], w_lv)
        code = mean + tf.exp(log_var / 2) * batch["eps"]
        x_hat = tf.matmul(code, w_dec)
        recon = tf.reduce_sum((x_hat - batch["x"]) ** 2) / b
        kld = 0.5 * tf.reduce_sum(tf.exp(log_var) + mean ** 2 - 1.0 - log_var) / b
        tc = tf.reduce_mean(tf.exp(log_var) - 1.0 - log_var)
        return recon + kld + (beta - 1.0) * tc

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, d)).astype(fx), "eps": rng.normal(size=(b, k)).astype(fx)},
            "variables": [w_mu, w_lv, w_dec]}
