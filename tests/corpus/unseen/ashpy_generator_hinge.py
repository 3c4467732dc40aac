"""Generator hinge loss computed as -relu(d_fake): where the discriminator is sure (negative scores) the generator gets no gradient;
SA-GAN minimises -d_fake. Source: https://github.com/zurutech/ashpy/issues/23"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "return -tf.reduce_mean(tf.nn.relu(d_fake))",
    "same_forward_value": False,
}


class GeneratorHingeLoss(keras.losses.Loss):
    def call(self, d_real, d_fake):
        return -tf.reduce_mean(tf.nn.relu(d_fake))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, z_dim, classes = 8, 5, 3
    z = rng.normal(size=(n, z_dim)).astype("float32")
    label = rng.integers(0, classes, size=n).astype("int32")
    target = rng.uniform(-1, 1, size=(n, 8)).astype("float32")
    generator = keras.Sequential([keras.Input((z_dim + classes,)), keras.layers.Dense(12, activation="relu"),
                                  keras.layers.Dense(8, activation="tanh")])
    discriminator = keras.Sequential([keras.Input((8,)), keras.layers.Dense(10), keras.layers.LeakyReLU(0.2),
                                      keras.layers.Dense(1, bias_initializer=keras.initializers.Constant(-0.2))])
    discriminator.trainable = False
    hinge = GeneratorHingeLoss(reduction=None)

    def generate(batch):
        return generator(tf.concat([batch["z"], tf.one_hot(batch["label"], classes)], -1))

    def pixel_l1(fake, batch):
        return tf.reduce_mean(tf.abs(fake - batch["target"]))

    def reference(batch):
        fake = generate(batch)
        d_fake = discriminator(fake)
        return -tf.reduce_mean(d_fake) + 0.1 * pixel_l1(fake, batch)

    def candidate(batch):
        fake = generate(batch)
        adversarial = hinge(discriminator(batch["target"]), discriminator(fake))
        return adversarial + 0.1 * pixel_l1(fake, batch)

    return {"reference": reference, "candidate": candidate, "batch": {"z": z, "label": label, "target": target},
            "variables": generator.trainable_variables}
