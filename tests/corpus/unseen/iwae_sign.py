"""scVI IWAE snippet: logsumexp is taken of the VAE losses themselves instead of their negatives, and not negated.
Source: https://github.com/YosefLab/scVI-dev/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'gains = vae_losses',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, g, z_dim, k = 4, 5, 2, 3
    enc_m = var("enc_mean", g, z_dim, scale=0.5)
    enc_v = var("enc_logvar", g, z_dim, scale=0.3)
    dec = var("dec", z_dim, g)

    def reference(batch):
        x = batch["x"]
        mu, logvar = x @ enc_m, x @ enc_v
        log_w = []
        for j in range(k):
            eps = batch["eps"][:, j]
            z = mu + tf.exp(0.5 * logvar) * eps
            log_px = -0.5 * tf.reduce_sum((x - z @ dec) ** 2, 1)
            log_pz = -0.5 * tf.reduce_sum(z ** 2, 1)
            log_qz = -0.5 * tf.reduce_sum(eps ** 2 + logvar, 1)
            log_w.append(log_px + log_pz - log_qz)
        log_w = tf.stack(log_w, 1)
        top = tf.stop_gradient(tf.reduce_max(log_w, 1, keepdims=True))
        bound = tf.math.log(tf.reduce_mean(tf.exp(log_w - top), 1)) + top[:, 0]
        return -tf.reduce_sum(bound)

    def candidate(batch):
        x_tall = tf.repeat(batch["x"], k, axis=0)
        eps = tf.reshape(batch["eps"], [n * k, z_dim])

        def vae_loss(x):
            mean, log_var = tf.matmul(x, enc_m), tf.matmul(x, enc_v)
            z = mean + tf.exp(log_var / 2) * eps
            recon = 0.5 * tf.reduce_sum(tf.square(x - tf.matmul(z, dec)), axis=-1)
            kl = 0.5 * tf.reduce_sum(tf.square(z) - tf.square(eps) - log_var, axis=-1)
            return recon + kl

        vae_losses = tf.reshape(vae_loss(x_tall), [n, k])
        gains = vae_losses
        iwae_gains = tf.reduce_logsumexp(gains, axis=1) - float(np.log(k))
        return -tf.reduce_sum(iwae_gains)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, g), "eps": arr(n, k, z_dim)}, "variables": [enc_m, enc_v, dec]}
