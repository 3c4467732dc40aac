"""WGAN-GP penalty takes sqrt of the summed squared gradient without an epsilon; a sample whose critic gradient is exactly zero (all ReLUs off) gives NaN. Source: https://github.com/keras-team/keras-io/pull/2364"""
import numpy as np
import tensorflow as tf
from tensorflow import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, side, gp_weight = 5, 6, 10.0
    he = lambda k: keras.initializers.HeNormal(seed=seed + k)
    discriminator = keras.Sequential([
        keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", kernel_initializer=he(0)),
        keras.layers.Flatten(),
        keras.layers.Dense(1, kernel_initializer=he(1)),
    ])
    discriminator.build((None, side, side, 1))
    discriminator.layers[0].bias.assign(-0.05 * np.ones(4, "float32"))

    def interpolate(batch):
        alpha = tf.reshape(batch["alpha"], (-1, 1, 1, 1))
        return batch["real"] + alpha * (batch["fake"] - batch["real"])

    def wasserstein(batch):
        fake_logits = discriminator(batch["fake"], training=True)
        real_logits = discriminator(batch["real"], training=True)
        return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)

    def critic_gradient(interpolated):
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = discriminator(interpolated, training=True)
        return gp_tape.gradient(pred, [interpolated])[0]

    def reference(batch):
        grads = critic_gradient(interpolate(batch))
        sq = tf.reduce_sum(tf.reshape(tf.square(grads), (n, -1)), axis=1)
        # subgradient 0 of the norm at the origin
        norm = tf.where(sq > 0.0, tf.sqrt(tf.where(sq > 0.0, sq, 1.0)), 0.0)
        return wasserstein(batch) + gp_weight * tf.reduce_mean((norm - 1.0) ** 2)

    def candidate(batch):
        d_cost = wasserstein(batch)
        interpolated = interpolate(batch)
        grads = critic_gradient(interpolated)
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1, 2, 3]))
        gp = tf.reduce_mean((norm - 1.0) ** 2)
        return d_cost + gp * gp_weight

    real = rng.normal(size=(n, side, side, 1)).astype("float32")
    fake = rng.normal(size=(n, side, side, 1)).astype("float32")
    real[2], fake[2] = 0.0, 0.0      # a blank image and a generator that outputs the same
    batch = {"real": real, "fake": fake, "alpha": rng.random(n).astype("float32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": discriminator.trainable_variables}
