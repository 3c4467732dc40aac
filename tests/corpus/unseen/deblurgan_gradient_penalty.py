"""DeblurGAN gradient penalty: the norm is taken over the channels only, a penalty for each pixel instead of one for
each image.
Source: https://github.com/KupynOrest/DeblurGAN/issues/185"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1) + 1e-12)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, c, h, w = 3, 2, 3, 3
    k1 = var("k1", c * h * w, 6)
    k2 = var("k2", 6, 1, s=1.0)
    lam = 10.0

    def critic(im):
        return tf.matmul(tf.nn.softplus(tf.matmul(tf.reshape(im, (-1, c * h * w)), k1)), k2)

    def reference(batch):
        real, fake, e = batch["real"], batch["fake"], batch["alpha"]
        mix = e * real + (1.0 - e) * fake
        pre = tf.reshape(mix, (n, -1)) @ k1
        grad = (tf.sigmoid(pre) * k2[:, 0]) @ tf.transpose(k1)
        norm = tf.sqrt(tf.reduce_sum(grad ** 2, axis=1) + 1e-12)
        gp = tf.reduce_mean((norm - 1.0) ** 2)
        return tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real)) + lam * gp

    def candidate(batch):
        real, fake = batch["real"], batch["fake"]
        interpolates = batch["alpha"] * real + (1.0 - batch["alpha"]) * fake
        with tf.GradientTape() as tape:
            tape.watch(interpolates)
            disc_interpolates = critic(interpolates)
        gradients = tape.gradient(disc_interpolates, interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1) + 1e-12)
        gradient_penalty = tf.reduce_mean(tf.square(slopes - 1.0)) * lam
        return tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real)) + gradient_penalty

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(n, c, h, w)).astype(fx), "fake": rng.normal(size=(n, c, h, w)).astype(fx),
                      "alpha": rng.uniform(size=(n, 1, 1, 1)).astype(fx)},
            "variables": [k1, k2]}
