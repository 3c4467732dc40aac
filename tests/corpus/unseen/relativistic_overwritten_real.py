"""Relativistic average GAN loss: `real` is overwritten with real - mean(fake) before the mean of it is taken off `fake`.
Source: https://github.com/kozistr/ESRGAN-tensorflow/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "real = real - tf.reduce_mean(fake)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, dim, latent, hidden = 20, 5, 3, 4
    gen = tf.Variable((0.8 * rng.standard_normal((latent, dim))).astype(f), name="gen")
    d1 = tf.Variable((0.7 * rng.standard_normal((dim, hidden))).astype(f), name="d1")
    d2 = tf.Variable((1.2 * rng.standard_normal((hidden, 1))).astype(f), name="d2")
    batch = {
        "hr": (rng.standard_normal((n, dim)) + 0.8).astype(f),
        "lr": rng.standard_normal((n, latent)).astype(f),
    }

    def critic(x):
        return tf.nn.leaky_relu(x @ d1, 0.2) @ d2

    def reference(batch):
        """Generator: the fake ones should look more real than the average real one, and the other way round."""
        c_real = critic(batch["hr"])
        c_fake = critic(tf.tanh(batch["lr"] @ gen))
        real_vs_fake = c_real - tf.reduce_mean(c_fake)
        fake_vs_real = c_fake - tf.reduce_mean(c_real)
        return tf.reduce_mean(tf.nn.softplus(real_vs_fake)) + tf.reduce_mean(tf.nn.softplus(-fake_vs_real))

    def candidate(batch):
        def sce_loss(data, label):
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=data))

        def generator_loss(real, fake, use_ra=True):
            if use_ra:
                real = real - tf.reduce_mean(fake)
                fake = fake - tf.reduce_mean(real)
                return sce_loss(real, tf.zeros_like(real)) + sce_loss(fake, tf.ones_like(fake))
            return sce_loss(fake, tf.ones_like(fake))

        sr = tf.tanh(tf.matmul(batch["lr"], gen))
        return generator_loss(critic(batch["hr"]), critic(sr))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gen, d1, d2]}
