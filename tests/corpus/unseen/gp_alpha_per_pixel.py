"""WGAN-GP: the interpolation weight is drawn for each pixel instead of once for each image.

Source (real): https://github.com/preritj/progressive_growing_of_GANs/issues/3 (TensorFlow 1, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'alpha = b["uniform"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, side, hid, zdim = 14, 4, 6, 3
    w1 = tf.Variable(0.6 * arr(side * side, hid), name="disc_1")
    w2 = tf.Variable(0.8 * arr(hid, 1), name="disc_2")
    gen = tf.constant(0.7 * arr(zdim, side * side))
    batch = {
        "real": arr(n, side, side, 1),
        "z": arr(n, zdim),
        "uniform": rng.random((n, side, side, 1)).astype(f),
    }

    def disc(img):
        return tf.tanh(tf.reshape(img, [-1, side * side]) @ w1) @ w2

    def generate(b):
        return tf.reshape(tf.tanh(b["z"] @ gen), [-1, side, side, 1])

    def reference(b):
        fake, penalty = generate(b), 0.0
        m = b["real"].shape[0]
        for i in range(m):
            u = b["uniform"][i, 0, 0, 0]
            x = tf.reshape(u * b["real"][i] + (1.0 - u) * fake[i], [1, -1])
            slope = ((1.0 - tf.tanh(x @ w1) ** 2) * w2[:, 0]) @ tf.transpose(w1)
            penalty += (tf.norm(slope) - 1.0) ** 2
        return tf.reduce_mean(disc(fake) - disc(b["real"])) + 10.0 * penalty / m

    def candidate(b):
        fake = generate(b)
        alpha = b["uniform"]
        interpolates = fake + alpha * (b["real"] - fake)
        with tf.GradientTape() as tape:
            tape.watch(interpolates)
            score = disc(interpolates)
        gradients = tape.gradient(score, interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))
        gradient_penalty = tf.reduce_mean(tf.square(slopes - 1.0))
        d_loss = tf.reduce_mean(disc(fake)) - tf.reduce_mean(disc(b["real"]))
        return d_loss + 10.0 * gradient_penalty

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
