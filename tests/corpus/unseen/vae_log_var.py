"""Vanilla VAE: log_var is suspected to be used as the log of sigma in one place and of sigma squared in another.
Source: https://github.com/AntixK/PyTorch-VAE/issues/69"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, z = 5, 6, 3
    mk = lambda k, sh: tf.Variable(rng.normal(0, 0.5, sh).astype(fx), name=k)
    w_mu, w_lv, w_dec = mk("fc_mu", (d, z)), mk("fc_var", (d, z)), mk("decoder", (z, d))
    kld_weight = 0.3

    def reference(batch):
        mu = batch["x"] @ w_mu
        sigma = tf.sqrt(tf.exp(batch["x"] @ w_lv))
        recon = tf.tanh((mu + sigma * batch["eps"]) @ w_dec)
        kl = tf.math.log(1.0 / sigma) + (sigma**2 + mu**2) / 2.0 - 0.5
        return tf.reduce_mean((recon - batch["x"]) ** 2) + kld_weight * tf.reduce_sum(kl) / n

    def candidate(batch):
        mu = tf.matmul(batch["x"], w_mu)
        log_var = tf.matmul(batch["x"], w_lv)
        std = tf.exp(0.5 * log_var)
        recons = tf.tanh(tf.matmul(batch["eps"] * std + mu, w_dec))
        recons_loss = keras.losses.MeanSquaredError()(batch["x"], recons)
        kld_loss = tf.reduce_mean(-0.5 * tf.reduce_sum(1 + log_var - mu**2 - tf.exp(log_var), axis=1), axis=0)
        return recons_loss + kld_weight * kld_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "eps": rng.normal(size=(n, z)).astype(fx)},
            "variables": [w_mu, w_lv, w_dec]}
