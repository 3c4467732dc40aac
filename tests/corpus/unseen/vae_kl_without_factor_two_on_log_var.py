"""Keras VAE example: somebody held that the KL term needs 2 * z_log_var; the layer's output is the log of the variance,
so the formula without the factor is the KL divergence to the standard normal.
Source: https://github.com/rstudio/keras3/issues/359"""
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
    n, d, latent = 15, 8, 3
    enc_mean = keras.layers.Dense(latent, name="z_mean")
    enc_var = keras.layers.Dense(latent, name="z_log_var")
    dec = keras.layers.Dense(d, name="decoder")
    enc_mean.build((None, d))
    enc_var.build((None, d))
    dec.build((None, latent))
    x = (rng.uniform(size=(n, d)) < 0.5).astype(f)
    eps = rng.normal(size=(n, latent)).astype(f)

    def reference(batch):
        m = enc_mean(batch["x"])
        sd = tf.exp(enc_var(batch["x"])) ** 0.5
        logits = dec(m + sd * batch["eps"])
        nll = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=batch["x"], logits=logits), axis=1)
        kl = -tf.math.log(sd) + (sd ** 2 + m ** 2) / 2 - 0.5
        return tf.reduce_mean(nll + tf.reduce_mean(kl, axis=1))

    def candidate(batch):
        K = keras.ops

        def sampling(args):
            z_mean, z_log_var = args
            return z_mean + K.exp(z_log_var / 2) * batch["eps"]

        def vae_loss(x, x_decoded_mean, z_mean, z_log_var):
            p = x_decoded_mean
            xent_loss = d * K.mean(-x * K.log(p) - (1.0 - x) * K.log(1.0 - p), axis=-1)
            kl_loss = -0.5 * K.mean(1 + z_log_var - K.square(z_mean) - K.exp(z_log_var), axis=-1)
            return xent_loss + kl_loss

        z_mean = K.matmul(batch["x"], enc_mean.kernel) + enc_mean.bias
        z_log_var = K.matmul(batch["x"], enc_var.kernel) + enc_var.bias
        decoded = K.sigmoid(K.matmul(sampling((z_mean, z_log_var)), dec.kernel) + dec.bias)
        return K.mean(vae_loss(batch["x"], decoded, z_mean, z_log_var))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "eps": eps},
            "variables": enc_mean.trainable_variables + enc_var.trainable_variables + dec.trainable_variables}
