"""A VAE module takes a kl_coeff, stores it, and never multiplies the KL term by it.
Source: https://github.com/Lightning-Universe/lightning-bolts/issues/328"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss = kl + recon_loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, h, z = 16, 7, 5, 3
    images = rng.uniform(size=(n, d)).astype(f)
    noise = rng.normal(size=(n, z)).astype(f)
    enc = tf.Variable(rng.normal(size=(d, h)).astype(f) * 0.5, name="enc")
    fc_mu = tf.Variable(rng.normal(size=(h, z)).astype(f) * 0.5, name="fc_mu")
    fc_var = tf.Variable(rng.normal(size=(h, z)).astype(f) * 0.5, name="fc_var")
    dec = tf.Variable(rng.normal(size=(z, d)).astype(f) * 0.5, name="dec")
    kl_coeff = 0.1

    def reference(batch):
        hid = tf.tanh(batch["images"] @ enc)
        mu, log_var = hid @ fc_mu, hid @ fc_var
        out = (mu + tf.exp(0.5 * log_var) * batch["noise"]) @ dec
        recon = tf.reduce_mean(tf.square(out - batch["images"]))
        kl = 0.5 * tf.reduce_sum(tf.exp(log_var) + mu ** 2 - 1.0 - log_var, axis=1)
        return recon + kl_coeff * tf.reduce_mean(kl)

    def candidate(batch):
        class VAE:
            def __init__(self, kl_coeff=0.1):
                self.kl_coeff = kl_coeff

            def sample(self, mu, log_var, eps):
                std = tf.exp(log_var / 2)
                return (mu, std), mu + std * eps

            def step(self, x, eps):
                feats = tf.tanh(tf.matmul(x, enc))
                (mu, std), code = self.sample(tf.matmul(feats, fc_mu), tf.matmul(feats, fc_var), eps)
                x_hat = tf.matmul(code, dec)
                recon_loss = tf.reduce_mean((x_hat - x) ** 2)
                # log q(z|x) against the standard normal, closed form
                kl = tf.math.log(1.0 / std) + (std ** 2 + mu ** 2) / 2 - 0.5
                kl = tf.reduce_mean(tf.reduce_sum(kl, axis=-1))
                loss = kl + recon_loss
                return loss

        return VAE(kl_coeff).step(batch["images"], batch["noise"])

    return {"reference": reference, "candidate": candidate, "batch": {"images": images, "noise": noise},
            "variables": [enc, fc_mu, fc_var, dec]}
