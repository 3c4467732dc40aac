"""WGAN-GP on 1-D signals computes the gradient penalty, but the discriminator loss never contains it.
Source: https://github.com/LixiangHan/GANs-for-1D-Signal/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_d = score_fake - score_real",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, length, hid = 5, 10, 6
    w1 = tf.Variable(rng.normal(size=(length, hid), scale=0.5).astype(fx), name="d_w1")
    w2 = tf.Variable(rng.normal(size=(hid, 1), scale=0.8).astype(fx), name="d_w2")
    lam = 10.0

    def disc(x):
        return tf.matmul(tf.tanh(tf.matmul(x, w1)), w2)

    def penalty(real, fake, alpha):
        mid = alpha * real + (1.0 - alpha) * fake
        with tf.GradientTape() as inner:
            inner.watch(mid)
            out = disc(mid)
        g = inner.gradient(out, mid)
        norm = tf.sqrt(tf.reduce_sum(tf.square(g), axis=1) + 1e-12)
        return tf.reduce_mean(tf.square(norm - 1.0))

    def reference(batch):
        real, fake = batch["real"], batch["fake"]
        wasserstein = tf.reduce_mean(disc(fake)) - tf.reduce_mean(disc(real))
        return wasserstein + lam * penalty(real, fake, batch["alpha"])

    def candidate(batch):
        real_signal = batch["real"]
        fake_signal = tf.stop_gradient(batch["fake"])
        score_real = tf.reduce_mean(disc(real_signal))
        score_fake = tf.reduce_mean(disc(fake_signal))
        grad_penalty = lam * penalty(real_signal, fake_signal, batch["alpha"])
        loss_d = score_fake - score_real
        logs = {"score_real": score_real, "score_fake": score_fake, "gp": grad_penalty, "loss": loss_d}
        return logs["loss"]

    return {"reference": reference, "candidate": candidate,
            "batch": {"real": rng.normal(size=(b, length)).astype(fx),
                      "fake": rng.normal(size=(b, length)).astype(fx),
                      "alpha": rng.uniform(size=(b, 1)).astype(fx)},
            "variables": [w1, w2]}
