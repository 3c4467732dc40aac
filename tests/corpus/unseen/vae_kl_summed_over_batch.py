"""MMVAE scales its two terms differently: the KL is summed over everything (the batch included) while the reconstruction is
averaged; mended: both are summed over features and averaged over the batch.
Source: https://github.com/zdebruine/MMVAE/pull/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = utils_kl_divergence(mu, logvar)",
    "same_forward_value": False,
}


def utils_kl_divergence(mu, logvar, reduction="sum"):
    kl = -0.5 * (1 + logvar - mu ** 2 - tf.exp(logvar))
    if reduction == "sum":
        return tf.reduce_sum(kl)
    return tf.reduce_mean(tf.reduce_sum(kl, axis=1))


def mse_loss(predicted, target, reduction="mean"):
    sq = tf.square(predicted - target)
    if reduction == "mean":
        return tf.reduce_mean(sq)
    return tf.reduce_sum(sq) / sq.shape[0]


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    genes, latent, n = 8, 3, 12
    enc = keras.layers.Dense(2 * latent, name="encoder")
    dec = keras.layers.Dense(genes, name="decoder")
    enc.build((None, genes))
    dec.build((None, latent))

    def forward(batch):
        mu, logvar = tf.split(enc(batch["x"]), 2, axis=1)
        z = mu + tf.exp(0.5 * logvar) * batch["eps"]
        return dec(z), mu, logvar

    def reference(batch):
        xhat, mu, logvar = forward(batch)
        elbo = 0.0
        for i in range(n):
            rec = tf.reduce_sum((xhat[i] - batch["x"][i]) ** 2)
            kl = 0.5 * tf.reduce_sum(tf.exp(logvar[i]) + mu[i] ** 2 - 1.0 - logvar[i])
            elbo += rec + kl
        return elbo / n

    def candidate(batch):
        predicted, mu, logvar = forward(batch)
        kl_loss = utils_kl_divergence(mu, logvar)
        recon_loss = mse_loss(predicted, batch["x"], reduction="sum_per_cell")
        return recon_loss + kl_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, genes)).astype(f), "eps": rng.standard_normal((n, latent)).astype(f)},
            "variables": enc.trainable_variables + dec.trainable_variables}
