"""SAGAN feeds the generated images into the discriminator's loss without detaching them, so the generator is updated
by the discriminator's objective as well as by its own.
Source: https://github.com/heykeetae/Self-Attention-GAN/issues/48"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "d_out_fake = D(fake_images)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, zdim, img, hid = 16, 4, 6, 5
    gw = keras.Variable((0.6 * rng.standard_normal((zdim, img))).astype(f), name="g_w")
    dw = keras.Variable((0.5 * rng.standard_normal((img, hid))).astype(f), name="d_w")
    dv = keras.Variable((0.5 * rng.standard_normal((hid, 1))).astype(f), name="d_v")
    batch = {"z": rng.standard_normal((n, zdim)).astype(f), "real": rng.standard_normal((n, img)).astype(f)}

    def reference(batch):
        def score(x, a, b):
            return tf.squeeze(tf.tanh(x @ a) @ b, axis=1)

        fake = tf.tanh(batch["z"] @ gw)
        a, b = tf.convert_to_tensor(dw), tf.convert_to_tensor(dv)
        critic = tf.nn.relu(1 - score(batch["real"], a, b)) + tf.nn.relu(1 + score(tf.stop_gradient(fake), a, b))
        actor = -score(fake, tf.stop_gradient(a), tf.stop_gradient(b))
        return tf.reduce_mean(critic) + tf.reduce_mean(actor)

    def candidate(batch):
        def G(z):
            return tf.tanh(tf.matmul(z, gw))

        class Discriminator:
            def __init__(self, frozen=False):
                keep = tf.stop_gradient if frozen else tf.identity
                self.l1, self.l2 = keep(dw + 0), keep(dv + 0)

            def __call__(self, x):
                return tf.matmul(tf.tanh(tf.matmul(x, self.l1)), self.l2)

        # train D
        D = Discriminator()
        d_loss_real = tf.reduce_mean(tf.nn.relu(1.0 - D(batch["real"])))
        fake_images = G(batch["z"])
        d_out_fake = D(fake_images)
        d_loss_fake = tf.reduce_mean(tf.nn.relu(1.0 + d_out_fake))
        d_loss = d_loss_real + d_loss_fake
        # train G
        g_out_fake = Discriminator(frozen=True)(G(batch["z"]))
        g_loss_fake = -tf.reduce_mean(g_out_fake)
        return d_loss + g_loss_fake

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gw, dw, dv]}
