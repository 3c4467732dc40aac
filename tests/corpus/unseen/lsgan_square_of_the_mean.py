"""LSGAN discriminator loss that squares the batch mean of (D(x) - 1) instead of averaging the squares.
Source: https://github.com/akanimax/big-discriminator-batch-spoofing-gan/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return 0.5 * ((tf.reduce_mean(self.dis(real)) - 1.0) ** 2 + tf.reduce_mean(self.dis(fake)) ** 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, hid = 13, 6, 5
    w1 = tf.Variable(rng.normal(size=(pix, hid)).astype(f) * 0.6, name="w1")
    b1 = tf.Variable(rng.normal(size=(hid,)).astype(f) * 0.2, name="b1")
    w2 = tf.Variable(rng.normal(size=(hid, 1)).astype(f), name="w2")

    def score(images):
        return tf.squeeze(tf.matmul(tf.nn.leaky_relu(tf.matmul(images, w1) + b1), w2), axis=-1)

    def reference(batch):
        on_real = keras.losses.MeanSquaredError(reduction=None)
        r, k = score(batch["real"]), score(batch["fake"])
        d_real = tf.reduce_mean(on_real(tf.ones_like(r)[:, None], r[:, None]))
        d_fake = tf.reduce_mean(on_real(tf.zeros_like(k)[:, None], k[:, None]))
        return (d_real + d_fake) / 2

    def candidate(batch):
        class GANLoss:
            def __init__(self, dis):
                self.dis = dis

        class LSGAN(GANLoss):
            def dis_loss(self, real, fake):
                return 0.5 * ((tf.reduce_mean(self.dis(real)) - 1.0) ** 2 + tf.reduce_mean(self.dis(fake)) ** 2)

        return LSGAN(score).dis_loss(batch["real"], batch["fake"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(n, pix)).astype(f) + 0.5, "fake": rng.normal(size=(n, pix)).astype(f)},
            "variables": [w1, b1, w2]}
