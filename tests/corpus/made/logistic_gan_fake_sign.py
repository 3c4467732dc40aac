"""Logistic GAN, discriminator step: the fake term is softplus(-D(fake)), a copy of the real term.

Source (constructed): copy-and-paste slip in the discriminator loss.
Right answer: NOT equivalent; the discriminator learns to call everything real.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'fake_term = tf.nn.softplus(-disc(b["fake"]))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 16, 3, 7
    disc = keras.Sequential(
        [
            keras.layers.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="disc_hidden", dtype=f),
            keras.layers.Dense(1, name="disc_out", dtype=f),
        ],
        name="disc",
    )
    disc.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in disc.get_weights()])
    batch = {
        "real": (0.5 + rng.standard_normal((n, d))).astype(f),
        "fake": (0.6 * rng.standard_normal((n, d)) - 0.8).astype(f),
    }

    def reference(b):
        m = b["real"].shape[0]
        total = 0.0
        for i in range(m):
            r, g = disc(b["real"][i : i + 1])[0, 0], disc(b["fake"][i : i + 1])[0, 0]
            total -= tf.math.log(tf.sigmoid(r)) + tf.math.log(1.0 - tf.sigmoid(g))
        return 0.5 * total / m

    def candidate(b):
        real_term = tf.nn.softplus(-disc(b["real"]))
        fake_term = tf.nn.softplus(-disc(b["fake"]))
        return 0.5 * (tf.reduce_mean(real_term) + tf.reduce_mean(fake_term))

    return {"variables": disc.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
