"""WGAN-GP for 64x64x3 images: the slope is summed over axis 1 only instead of over height, width and channels.
Source: https://github.com/yao-jason/MLDS2018SPRING/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1]) + 1e-10)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hh, ww, cc, hid = 12, 5, 4, 3, 6
    real = rng.normal(size=(n, hh, ww, cc)).astype(f)
    fake = rng.normal(size=(n, hh, ww, cc)).astype(f) * 0.7
    alpha = rng.uniform(size=(n, 1, 1, 1)).astype(f)
    k1 = tf.Variable(rng.normal(size=(hh * ww * cc, hid)).astype(f) * 0.3, name="k1")
    k2 = tf.Variable(rng.normal(size=(hid, 1)).astype(f), name="k2")

    def critic(img):
        return tf.tanh(tf.reshape(img, (-1, hh * ww * cc)) @ k1) @ k2

    def reference(batch):
        mix = batch["alpha"] * batch["real"] + (1.0 - batch["alpha"]) * batch["fake"]
        with tf.GradientTape() as t:
            t.watch(mix)
            score = tf.reduce_sum(critic(mix))
        g = tf.reshape(t.gradient(score, mix), (n, -1))
        gp = tf.reduce_mean((tf.norm(g, axis=1) - 1.0) ** 2)
        return tf.reduce_mean(critic(batch["fake"]) - critic(batch["real"])) + 10.0 * gp

    def candidate(batch):
        d_loss_real = -tf.reduce_mean(critic(batch["real"]))
        d_loss_fake = tf.reduce_mean(critic(batch["fake"]))
        differences = batch["fake"] - batch["real"]
        interpolates = batch["real"] + (1.0 - batch["alpha"]) * differences
        with tf.GradientTape() as inner:
            inner.watch(interpolates)
            d_inter = critic(interpolates)
        gradients = inner.gradient(d_inter, interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1]) + 1e-10)
        gradient_penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        return d_loss_real + d_loss_fake + 10.0 * gradient_penalty

    return {"reference": reference, "candidate": candidate, "batch": {"real": real, "fake": fake, "alpha": alpha}, "variables": [k1, k2]}
