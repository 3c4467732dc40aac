"""WGAN critic loss with a misplaced parenthesis: the fake term ends inside the negated mean.
Source: https://github.com/YeonwooSung/GAN_Implementation/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "loss_d = -tf.reduce_mean(discriminator(real_imgs) + tf.reduce_mean(discriminator(fake_imgs)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, z, h = 5, 6, 3, 7
    net = keras.Sequential([
        keras.layers.Input((d,)),
        keras.layers.Dense(h, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=seed + 1)),
        keras.layers.LeakyReLU(negative_slope=0.2),
        keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=seed + 2)),
    ])
    gen = rng.normal(size=(z, d)).astype(fx)

    def reference(batch):
        fake = tf.tanh(batch["z"] @ gen)
        score_real = net(batch["real"])
        score_fake = net(fake)
        return tf.reduce_mean(score_fake) - tf.reduce_mean(score_real)

    def candidate(batch):
        def generator(noise):
            return tf.tanh(tf.matmul(noise, gen))

        def discriminator(img):
            return net(img)

        real_imgs = batch["real"]
        fake_imgs = tf.stop_gradient(generator(batch["z"]))
        loss_d = -tf.reduce_mean(discriminator(real_imgs) + tf.reduce_mean(discriminator(fake_imgs)))
        return loss_d

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "real": rng.normal(size=(n, d)).astype(fx), "z": rng.normal(size=(n, z)).astype(fx),
        },
        "variables": net.trainable_variables,
    }
