"""Reported: K.flatten makes the VAE's cross entropy one number for the whole batch, which is broadcast onto the KL of each
sample. After the final mean nothing changes. Source: https://github.com/keras-team/keras/pull/4538"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, side, latent = 5, 4, 3
    dim = side * side
    enc = keras.layers.Dense(2 * latent, name="encoder")
    dec = keras.layers.Dense(dim, activation="sigmoid", name="decoder")
    enc.build((None, dim))
    dec.build((None, latent))

    def forward(batch):
        mean, log_var = tf.split(enc(tf.reshape(batch["x"], (n, dim))), 2, axis=1)
        z = mean + tf.exp(0.5 * log_var) * batch["eps"]
        return mean, log_var, tf.reshape(dec(z), (n, side, side, 1))

    def reference(batch):
        mean, log_var, x_hat = forward(batch)
        x, p = tf.reshape(batch["x"], (n, -1)), tf.reshape(x_hat, (n, -1))
        xent = dim * -tf.reduce_mean(x * tf.math.log(p) + (1 - x) * tf.math.log(1 - p), axis=1)
        kl = -0.5 * tf.reduce_sum(1 + log_var - mean ** 2 - tf.exp(log_var), axis=1)
        return tf.reduce_mean(xent + kl)

    def candidate(batch):
        z_mean, z_log_var, x_decoded = forward(batch)
        x = tf.reshape(batch["x"], [-1])
        x_decoded = tf.reshape(x_decoded, [-1])
        bce = -(x * tf.math.log(x_decoded) + (1.0 - x) * tf.math.log(1.0 - x_decoded))
        xent_loss = side * side * tf.reduce_mean(bce, axis=-1)
        kl_loss = -0.5 * tf.reduce_sum(1.0 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var), axis=-1)
        return tf.reduce_mean(xent_loss + kl_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.random((n, side, side, 1)).astype(fx), "eps": rng.normal(size=(n, latent)).astype(fx)},
            "variables": enc.trainable_variables + dec.trainable_variables}
