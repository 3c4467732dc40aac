"""Importance weighted autoencoder: the loss of the thread, with a logsumexp that PyTorch lacked, as the mean of
x - log_softmax(x). Every entry of that difference is the logsumexp, so it is right, gradient included.
Source: https://github.com/scverse/scvi-tools/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, genes, latent, k = 13, 6, 3, 5
    mu_net = tf.Variable((0.3 * rng.standard_normal((genes, latent))).astype(f), name="mu_net")
    logvar_net = tf.Variable((0.2 * rng.standard_normal((genes, latent))).astype(f), name="logvar_net")
    dec = tf.Variable((0.5 * rng.standard_normal((latent, genes))).astype(f), name="dec")
    batch = {
        "ys": rng.poisson(2.0, (n, genes)).astype(f),
        "eps": rng.standard_normal((n, k, latent)).astype(f),
    }

    def reference(batch):
        """-log of the mean weight, sample by sample, with the usual maximum taken out."""
        h = tf.math.log1p(batch["ys"])
        mu, logvar = h @ mu_net, h @ logvar_net
        weights = []
        for s in range(k):
            e = batch["eps"][:, s]
            z = mu + tf.exp(0.5 * logvar) * e
            rate = tf.nn.softplus(z @ dec) + 0.1
            log_lik = tf.reduce_sum(batch["ys"] * tf.math.log(rate) - rate, axis=1)
            weights.append(log_lik + 0.5 * tf.reduce_sum(e**2 + logvar - z**2, axis=1))
        weights = tf.stack(weights, axis=1)
        top = tf.reduce_max(weights, axis=1)
        bound = top + tf.math.log(tf.reduce_mean(tf.exp(weights - top[:, None]), axis=1))
        return -tf.reduce_sum(bound)

    def candidate(batch):
        def logsumexp(inputs, dim):
            return tf.reduce_mean(inputs - tf.nn.log_softmax(inputs, axis=dim), axis=dim)

        class VAE:
            def vae_losses(self, ys, eps):
                h = tf.math.log(1.0 + ys)
                q_m, q_v = tf.matmul(h, mu_net), tf.exp(tf.matmul(h, logvar_net))
                z = q_m + tf.sqrt(q_v) * eps
                rate = tf.nn.softplus(tf.matmul(z, dec)) + 0.1
                log_p = tf.reduce_sum(ys * tf.math.log(rate) - rate, axis=-1)
                log_prior = -0.5 * tf.reduce_sum(z**2, axis=-1)
                log_q = -0.5 * tf.reduce_sum((z - q_m) ** 2 / q_v + tf.math.log(q_v), axis=-1)
                return -(log_p + log_prior - log_q)

            def iwae_loss(self, ys):
                ys_tall = tf.repeat(ys, k, axis=0)
                losses = self.vae_losses(ys_tall, tf.reshape(batch["eps"], (-1, latent)))
                vae_losses = tf.reshape(losses, (-1, k))
                iwae_gains = logsumexp(-1 * vae_losses, dim=1) - float(np.log(k))
                return -1 * tf.reduce_sum(iwae_gains)

        return VAE().iwae_loss(batch["ys"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [mu_net, logvar_net, dec]}
