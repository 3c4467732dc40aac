"""The reader holds that gaussian_nll divides wrongly (it should be (x - mu)**2 / exp(log_sigma)).
The code squares (x - mu) / sigma, which is the density of a Gaussian with that standard deviation.
Source: https://github.com/orybkin/sigma-vae-pytorch/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, z = 22, 6, 3
    x = rng.normal(size=(n, d)).astype(f)
    eps = rng.normal(size=(n, z)).astype(f)

    def par(name, *shape):
        return tf.Variable((0.4 * rng.normal(size=shape)).astype(f), name=name)

    w_mu, w_lv, w_dec = par("w_mu", d, z), par("w_lv", d, z), par("w_dec", z, d)
    log_sigma = tf.Variable(np.asarray(0.2, dtype=f), name="log_sigma")

    def reference(batch):
        m, lv = batch["x"] @ w_mu, batch["x"] @ w_lv
        x_hat = (m + tf.exp(0.5 * lv) * batch["eps"]) @ w_dec
        variance = tf.exp(2.0 * log_sigma)
        rec = 0.5 * tf.reduce_sum(tf.math.log(2.0 * np.pi * variance) + (batch["x"] - x_hat) ** 2 / variance)
        kl = 0.5 * tf.reduce_sum(m ** 2 + tf.exp(lv) - lv - 1.0)
        return (rec + kl) / n

    def candidate(batch):
        def softclip(tensor, minimum):
            return minimum + tf.nn.softplus(tensor - minimum)

        def gaussian_nll(mu, log_std, x):
            return 0.5 * tf.pow((x - mu) / tf.exp(log_std), 2) + log_std + 0.5 * np.log(2 * np.pi)

        class ConvVAE:
            def encode(self, inp):
                return tf.matmul(inp, w_mu), tf.matmul(inp, w_lv)

            def __call__(self, inp):
                mu, logvar = self.encode(inp)
                latent = mu + batch["eps"] * tf.sqrt(tf.exp(logvar))
                return tf.matmul(latent, w_dec), mu, logvar

        x_hat, mu, logvar = ConvVAE()(batch["x"])
        log_std = softclip(log_sigma + tf.zeros_like(x_hat), -30.0)
        rec = tf.reduce_mean(tf.reduce_sum(gaussian_nll(x_hat, log_std, batch["x"]), axis=1))
        kl = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + logvar - tf.pow(mu, 2) - tf.exp(logvar), axis=1))
        return rec + kl

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "eps": eps},
            "variables": [w_mu, w_lv, w_dec, log_sigma]}
