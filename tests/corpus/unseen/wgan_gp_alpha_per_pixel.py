"""WGAN-GP: the interpolation factor is drawn for each pixel and not once per image, so the points do not lie on the lines between real and fake.

Source (real): https://github.com/hwalsuklee/tensorflow-generative-model-collections/issues/33 (TensorFlow; `alpha` has the shape of the inputs and should be
(batch, 1, 1, 1)). The uniform numbers are part of the frozen batch.
Right answer: NOT equivalent; the penalty is taken at other points.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'alpha = tf.reshape(b["uniform"], tf.shape(inputs))',
    "same_forward_value": False,
}

_LAMBDA = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, zdim, hid = 13, 4, 3, 6
    pixels = side * side

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gen = tf.Variable(0.9 * arr(zdim, pixels), name="generator_w")
    d1 = tf.Variable(0.8 * arr(3, 3, 1, hid), name="critic_conv")
    d2 = tf.Variable(0.5 * arr(hid), name="critic_out")
    batch = {
        "image": rng.random((n, side, side, 1)).astype(f),
        "z": arr(n, zdim),
        "uniform": rng.random((n, pixels)).astype(f),
    }

    def critic(x):
        return tf.linalg.matvec(tf.reduce_sum(tf.tanh(tf.nn.conv2d(x, d1, 1, "SAME")), axis=[1, 2]), d2)

    def generator(z):
        return tf.reshape(tf.sigmoid(z @ gen), [-1, side, side, 1])

    def reference(b):
        fake, penalty = generator(b["z"]), []
        for i in range(b["z"].shape[0]):
            t = b["uniform"][i, 0]
            point = (1.0 - t) * b["image"][i : i + 1] + t * fake[i : i + 1]
            with tf.GradientTape() as tape:
                tape.watch(point)
                score = critic(point)
            penalty.append(tf.square(tf.norm(tape.gradient(score, point)) - 1.0))
        gap = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(b["image"]))
        return gap + _LAMBDA * tf.reduce_mean(penalty)

    def candidate(b):
        inputs = b["image"]
        G = generator(b["z"])
        d_loss_real = -tf.reduce_mean(critic(inputs))
        d_loss_fake = tf.reduce_mean(critic(G))
        d_loss = d_loss_real + d_loss_fake

        alpha = tf.reshape(b["uniform"], tf.shape(inputs))
        differences = G - inputs
        interpolates = inputs + alpha * differences
        with tf.GradientTape() as tape:
            tape.watch(interpolates)
            d_inter = critic(interpolates)
        gradients = tape.gradient(d_inter, interpolates)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))
        gradient_penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        return d_loss + _LAMBDA * gradient_penalty

    return {"variables": [gen, d1, d2], "batch": batch, "reference": reference, "candidate": candidate}
