"""Gaussian reparameterisation multiplies the noise by exp(logvar), the variance, where the standard deviation exp(0.5 * logvar) is
meant. Source: https://github.com/rachtsingh/ibp_vae/issues/3"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return mu + noise * tf.exp(logvar)",
    "same_forward_value": False,
}


def glorot(rng, a, b):
    return tf.Variable((rng.normal(size=(a, b)) * np.sqrt(2.0 / (a + b))).astype("float32"))


class VAE(tf.Module):
    def __init__(self, d, hidden, latent, rng):
        super().__init__()
        self.enc = [glorot(rng, d, hidden), tf.Variable(np.zeros(hidden, "float32"))]
        self.mu = [glorot(rng, hidden, latent), tf.Variable(np.zeros(latent, "float32"))]
        self.lv = [glorot(rng, hidden, latent), tf.Variable(np.full(latent, -0.5, "float32"))]
        self.dec = [glorot(rng, latent, hidden), tf.Variable(np.zeros(hidden, "float32")), glorot(rng, hidden, d)]
        self.logit_pi = tf.Variable(rng.normal(size=latent).astype("float32"))

    def encode(self, x):
        h = tf.nn.softplus(x @ self.enc[0] + self.enc[1])
        return h @ self.mu[0] + self.mu[1], h @ self.lv[0] + self.lv[1]

    def decode(self, z):
        gates = tf.math.cumprod(tf.sigmoid(self.logit_pi + 2.0))
        h = tf.nn.softplus((z * gates) @ self.dec[0] + self.dec[1])
        return h @ self.dec[2]


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d, latent = 8, 12, 4
    x = (rng.uniform(size=(n, d)) < 0.4).astype("float32")
    eps = rng.normal(size=(n, latent)).astype("float32")
    model = VAE(d, 9, latent, rng)

    def reparametrize_gaussian(mu, logvar, noise):
        return mu + noise * tf.exp(logvar)

    def elbo(batch, z, mu, logvar):
        logits = model.decode(z)
        nll = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=logits), 1)
        kld = -0.5 * tf.reduce_sum(1 + logvar - mu ** 2 - tf.exp(logvar), 1)
        return tf.reduce_mean(nll + kld)

    def reference(batch):
        mu, logvar = model.encode(batch["x"])
        std = tf.exp(0.5 * logvar)
        return elbo(batch, mu + std * batch["eps"], mu, logvar)

    def candidate(batch):
        mu, logvar = model.encode(batch["x"])
        z = reparametrize_gaussian(mu, logvar, batch["eps"])
        return elbo(batch, z, mu, logvar)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "eps": eps},
            "variables": list(model.trainable_variables)}
