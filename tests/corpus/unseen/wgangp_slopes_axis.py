"""WGAN-GP on NHWC images: the gradient's norm is taken over axis 1 only, copied from a code that flattens the images first.
Source: https://github.com/hwalsuklee/tensorflow-generative-model-collections/pull/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1]))",
    "same_forward_value": False,
}


class WGANGP:
    def __init__(self, batch_size, z_dim, rng):
        self.batch_size, self.z_dim, self.lambd = batch_size, z_dim, 0.25
        self.discriminator = keras.Sequential([
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(4, 3, padding="same"), keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Conv2D(6, 3, strides=2, padding="same"), keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Flatten(), keras.layers.Dense(1)])
        self.generator = keras.Sequential([
            keras.Input((z_dim,)), keras.layers.Dense(36, activation="sigmoid"), keras.layers.Reshape((6, 6, 1))])

    def wasserstein(self, real, fake):
        d_real = self.discriminator(real)
        d_fake = self.discriminator(fake)
        return -tf.reduce_mean(d_real) + tf.reduce_mean(d_fake)

    def input_gradient(self, real, fake, alpha):
        interpolates = real + alpha * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(interpolates)
            d_inter = self.discriminator(interpolates)
        return tape.gradient(d_inter, interpolates)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, z_dim = 6, 4
    gan = WGANGP(n, z_dim, rng)
    real = rng.uniform(size=(n, 6, 6, 1)).astype("float32")
    z = rng.uniform(-1, 1, size=(n, z_dim)).astype("float32")
    alpha = rng.uniform(size=(n, 1, 1, 1)).astype("float32")

    def reference(batch):
        fake = tf.stop_gradient(gan.generator(batch["z"]))
        g = gan.input_gradient(batch["real"], fake, batch["alpha"])
        norm = tf.norm(tf.reshape(g, (n, -1)), axis=1)
        return gan.wasserstein(batch["real"], fake) + gan.lambd * tf.reduce_mean((norm - 1.0) ** 2)

    def candidate(batch):
        fake = tf.stop_gradient(gan.generator(batch["z"]))
        d_loss = gan.wasserstein(batch["real"], fake)
        gradients = gan.input_gradient(batch["real"], fake, batch["alpha"])
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1]))
        gradient_penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        d_loss += gan.lambd * gradient_penalty
        return d_loss

    return {"reference": reference, "candidate": candidate, "batch": {"real": real, "z": z, "alpha": alpha},
            "variables": gan.discriminator.trainable_variables}
