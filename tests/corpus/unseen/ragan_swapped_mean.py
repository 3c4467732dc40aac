"""Relativistic average GAN: the second term takes mean(fake) - real again instead of fake - mean(real).

Source (real): https://github.com/AlexiaJM/RelativisticGAN/issues/2 (PyTorch, ported; the author: "You're right").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'fake_term = bce_stable(tf.reduce_mean(y_pred_fake) - y_pred, y2)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid = 18, 5, 6

    d_net = keras.Sequential(
        [
            keras.layers.Input((d,)),
            keras.layers.Dense(hid, activation="tanh", name="d_hidden"),
            keras.layers.Dense(1, use_bias=False, name="d_out"),
        ]
    )
    d_net.set_weights([0.6 * arr(d, hid), 0.4 * arr(hid), 1.2 * arr(hid, 1)])
    batch = {"real": (arr(n, d) + 0.9).astype(f), "fake": (0.6 * arr(n, d) - 0.2).astype(f)}

    def reference(b):
        real, fake = d_net(b["real"])[:, 0], d_net(b["fake"])[:, 0]
        m = real.shape[0]
        avg_real, avg_fake = tf.add_n(tf.unstack(real)) / m, tf.add_n(tf.unstack(fake)) / m
        err = 0.0
        for i in range(m):
            err -= tf.math.log_sigmoid(real[i] - avg_fake)
            err -= tf.math.log_sigmoid(avg_real - fake[i])
        return err / (2 * m)

    def candidate(b):
        def bce_stable(logits, labels):
            return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

        y_pred = d_net(b["real"])
        y_pred_fake = d_net(b["fake"])
        y, y2 = tf.ones_like(y_pred), tf.zeros_like(y_pred)
        real_term = bce_stable(y_pred - tf.reduce_mean(y_pred_fake), y)
        fake_term = bce_stable(tf.reduce_mean(y_pred_fake) - y_pred, y2)
        errD = (real_term + fake_term) / 2
        return errD

    return {"variables": d_net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
