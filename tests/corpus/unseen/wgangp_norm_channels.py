"""WGAN-GP for CIFAR images takes gradients.norm(2, dim=1) of a rank-4 gradient, so the norm runs over one image axis
instead of the whole sample. Source: https://github.com/caogang/wgan-gp/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "norm = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=3) + 1e-12)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, ch, lam = 4, 4, 3, 10.0
    conv = keras.layers.Conv2D(5, 3, strides=2, padding="same", activation="tanh", name="d_conv")
    out = keras.layers.Dense(1, name="d_out")
    conv.build((None, hw, hw, ch))
    out.build((None, 20))

    def disc(img):
        return out(tf.reshape(conv(img), (-1, 20)))[:, 0]

    def reference(batch):
        mixed = batch["real"] + (1 - batch["alpha"]) * (batch["fake"] - batch["real"])
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            score = tf.reduce_sum(disc(mixed))
        flat = tf.reshape(tape.gradient(score, mixed), (n, -1))
        slopes = tf.sqrt(tf.reduce_sum(flat ** 2, axis=1) + 1e-12)
        wasserstein = tf.reduce_mean(disc(batch["fake"])) - tf.reduce_mean(disc(batch["real"]))
        return wasserstein + lam * tf.reduce_mean((slopes - 1.0) ** 2)

    def candidate(batch):
        real, fake, alpha = batch["real"], batch["fake"], batch["alpha"]

        def calc_gradient_penalty():
            interpolates = alpha * real + (1.0 - alpha) * fake
            with tf.GradientTape() as tape:
                tape.watch(interpolates)
                disc_interpolates = disc(interpolates)
            gradients = tape.gradient(disc_interpolates, interpolates)
            norm = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=3) + 1e-12)
            return lam * tf.reduce_mean(tf.square(norm - 1.0))

        d_real = tf.reduce_mean(disc(real))
        d_fake = tf.reduce_mean(disc(fake))
        return d_fake - d_real + calc_gradient_penalty()

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(n, hw, hw, ch)).astype(fx), "fake": rng.normal(size=(n, hw, hw, ch)).astype(fx),
                      "alpha": rng.random((n, 1, 1, 1)).astype(fx)},
            "variables": conv.trainable_variables + out.trainable_variables}
