"""Minimax hinge GAN: the generator's loss is minus the whole discriminator loss, not just -max(0, 1 + D(G(z))); the extra term is a
constant for the generator. Source: https://github.com/salu133445/dan/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def minimax_hinge_gan_losses(discriminator_real_outputs, discriminator_fake_outputs):
    """(Generator) -max(0, 1 + D(G(z)));  (Discriminator) max(0, 1 - D(x)) + max(0, 1 + D(G(z)))"""
    discriminator_loss = (tf.reduce_mean(tf.nn.relu(1.0 - discriminator_real_outputs))
                          + tf.reduce_mean(tf.nn.relu(1.0 + discriminator_fake_outputs)))
    generator_loss = -discriminator_loss
    return generator_loss, discriminator_loss


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, z_dim = 7, 3
    real = rng.normal(loc=0.5, size=(n, 6, 6, 1)).astype("float32")
    z = rng.normal(size=(n, z_dim)).astype("float32")
    gen = keras.Sequential([keras.Input((z_dim,)), keras.layers.Dense(3 * 3 * 4, activation="relu"),
                            keras.layers.Reshape((3, 3, 4)),
                            keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")])
    dis = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(5, 3, activation="elu"),
                            keras.layers.Flatten(), keras.layers.Dense(1)])

    def reference(batch):
        fake_scores = dis(gen(batch["z"]))
        return -tf.reduce_mean(tf.maximum(0.0, 1.0 + fake_scores))

    def candidate(batch):
        g_loss, _ = minimax_hinge_gan_losses(dis(batch["real"]), dis(gen(batch["z"])))
        return g_loss

    return {"reference": reference, "candidate": candidate, "batch": {"real": real, "z": z},
            "variables": gen.trainable_variables}
