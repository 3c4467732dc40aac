"""The KL term is averaged over the latent dimensions instead of summed over them.
Source: https://github.com/podgorskiy/VAE/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "KLD = -0.5 * tf.reduce_mean(tf.reduce_mean(1 + logvar - mu ** 2 - tf.exp(logvar), axis=1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, latent, kl_weight = 6, 8, 5, 0.1
    enc_mu = keras.layers.Dense(latent, name="enc_mu")
    enc_lv = keras.layers.Dense(latent, name="enc_logvar")
    dec = keras.layers.Dense(d, name="dec")
    enc_mu.build((None, d))
    enc_lv.build((None, d))
    dec.build((None, latent))

    def reference(batch):
        m, lv = enc_mu(batch["x"]), enc_lv(batch["x"])
        sigma = tf.exp(lv / 2)
        recon = dec(m + sigma * batch["noise"])
        total_kl = 0.0
        for j in range(latent):
            total_kl += tf.reduce_mean(0.5 * (sigma[:, j] ** 2 + m[:, j] ** 2 - 1 - lv[:, j]))
        return tf.reduce_mean((recon - batch["x"]) ** 2) + kl_weight * total_kl

    def candidate(batch):
        def reparameterize(mu, logvar):
            std = tf.exp(0.5 * logvar)
            return batch["noise"] * std + mu

        def loss_function(recon_x, x, mu, logvar):
            BCE = tf.reduce_mean((recon_x - x) ** 2)
            KLD = -0.5 * tf.reduce_mean(tf.reduce_mean(1 + logvar - mu ** 2 - tf.exp(logvar), axis=1))
            return BCE, KLD * kl_weight

        mu, logvar = enc_mu(batch["x"]), enc_lv(batch["x"])
        z = reparameterize(mu, logvar)
        loss_re, loss_kl = loss_function(dec(z), batch["x"], mu, logvar)
        return loss_re + loss_kl

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "noise": rng.normal(size=(n, latent)).astype(fx)},
            "variables": enc_mu.trainable_variables + enc_lv.trainable_variables + dec.trainable_variables}
