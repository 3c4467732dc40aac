"""Is G(z).detach() missing in the discriminator's step of the GAN tutorial? It does not matter: only the discriminator's
parameters are stepped with this loss.
Source: https://github.com/yunjey/pytorch-tutorial/issues/56"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def bce(outputs, labels):
    return -tf.reduce_mean(labels * tf.math.log(outputs) + (1.0 - labels) * tf.math.log(1.0 - outputs))


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    D = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, activation="tanh", name="d1"),
                          keras.layers.Dense(1, name="d2")])
    G = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(5, activation="tanh", name="g1"),
                          keras.layers.Dense(4, name="g2")])

    def reference(batch):
        fake = tf.stop_gradient(G(batch["z"]))
        logits = D(tf.concat([batch["images"], fake], axis=0))[:, 0]
        real, synth = logits[:12], logits[12:]
        return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(synth))

    def candidate(batch):
        outputs = tf.sigmoid(D(batch["images"]))
        d_loss_real = bce(outputs, tf.ones_like(outputs))
        fake_images = G(batch["z"])
        outputs = tf.sigmoid(D(fake_images))
        d_loss_fake = bce(outputs, tf.zeros_like(outputs))
        return d_loss_real + d_loss_fake

    return {"reference": reference, "candidate": candidate,
            "batch": {"images": rng.standard_normal((12, 4)).astype(f), "z": rng.standard_normal((9, 2)).astype(f)},
            "variables": list(D.trainable_variables)}
