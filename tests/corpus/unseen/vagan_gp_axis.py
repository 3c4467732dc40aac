"""VA-GAN's gradient penalty takes the norm of the image gradient over the channel axis only, per pixel, where it
should run over all but the batch axis. Source: https://github.com/baumgach/vagan-code/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=-1) + 1e-12)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w, c = 4, 6, 6, 2
    conv = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="tanh", name="c_conv")
    out = keras.layers.Dense(1, name="c_out")
    conv.build((n, h, w, c))
    out.build((n, 36))

    def critic(x):
        return tf.reshape(out(tf.reshape(conv(x), (tf.shape(x)[0], -1))), (-1,))

    def reference(batch):
        real, fake, eps = batch["real"], batch["fake"], batch["eps"]
        mixed = fake + eps[:, None, None, None] * (real - fake)
        with tf.GradientTape() as t:
            t.watch(mixed)
            s = critic(mixed)
        g = t.gradient(s, mixed)
        flat = tf.reshape(g, (n, -1))
        norms = tf.sqrt(tf.reduce_sum(flat * flat, axis=1) + 1e-12)
        gp = tf.reduce_mean((norms - 1.0) ** 2)
        return tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real)) + 10.0 * gp

    def candidate(batch):
        real, fake = batch["real"], batch["fake"]
        d_real = critic(real)
        d_fake = critic(fake)
        discriminator_loss = tf.reduce_mean(d_fake) - tf.reduce_mean(d_real)
        alpha = tf.reshape(batch["eps"], (-1, 1, 1, 1))
        x_hat = alpha * real + (1.0 - alpha) * fake
        with tf.GradientTape() as tape:
            tape.watch(x_hat)
            d_hat = critic(x_hat)
        gradients = tape.gradient(d_hat, x_hat)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=-1) + 1e-12)
        gradient_penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        discriminator_loss += 10.0 * gradient_penalty
        return discriminator_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(n, h, w, c)).astype(fx), "fake": rng.normal(size=(n, h, w, c)).astype(fx),
                      "eps": rng.uniform(size=n).astype(fx)},
            "variables": conv.trainable_variables + [out.kernel]}
