"""Keras VAE example samples with exp(z_log_std) although its KL term reads the same output as a log-variance.
Source: https://github.com/keras-team/keras/issues/3283"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return mean + tf.exp(log_std) * batch[\"epsilon\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, dim, latent = 6, 8, 3
    h_mean = keras.layers.Dense(latent, name="z_mean")
    h_std = keras.layers.Dense(latent, name="z_log_std")
    dec = keras.layers.Dense(dim, name="decoder")
    h_mean.build((None, dim))
    h_std.build((None, dim))
    dec.build((None, latent))
    h_std.bias.assign(-np.ones(latent).astype(fx))

    def reference(batch):
        mu, log_var = h_mean(batch["x"]), h_std(batch["x"])
        loss = 0.0
        for i in range(n):
            sigma = tf.sqrt(tf.exp(log_var[i]))
            logits = dec((mu[i] + sigma * batch["epsilon"][i])[None])[0]
            rec = tf.reduce_sum(tf.nn.softplus(logits) - batch["x"][i] * logits)
            kl = 0.5 * tf.reduce_sum(sigma ** 2 + mu[i] ** 2 - 1.0 - log_var[i])
            loss += rec + kl
        return loss / n

    def candidate(batch):
        def sampling(mean, log_std):
            return mean + tf.exp(log_std) * batch["epsilon"]

        x = batch["x"]
        z_mean = h_mean(x)
        z_log_std = h_std(x)
        x_decoded = dec(sampling(z_mean, z_log_std))
        xent_loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=x_decoded), axis=-1)
        kl_loss = -0.5 * tf.reduce_sum(1.0 + z_log_std - tf.square(z_mean) - tf.exp(z_log_std), axis=-1)
        return tf.reduce_mean(xent_loss + kl_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.random((n, dim)).astype(fx), "epsilon": 1.5 * rng.normal(size=(n, latent)).astype(fx)},
            "variables": h_mean.trainable_variables + h_std.trainable_variables + dec.trainable_variables}
