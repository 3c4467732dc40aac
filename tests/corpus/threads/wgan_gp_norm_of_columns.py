"""WGAN-GP on images: the gradient norm is taken over axis 1 alone, as in code written for flat images.

Source (real): https://github.com/hwalsuklee/tensorflow-generative-model-collections/pull/22 (TensorFlow; "this is a
shameful bug"), https://github.com/AntreasAntoniou/DAGAN/issues/5, https://github.com/caogang/wgan-gp/issues/25.
Right answer: NOT equivalent; every image column is pulled to norm 1, not the image.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "slopes = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, chan, filters = 14, 4, 2, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    conv = keras.layers.Conv2D(filters, 3, activation="tanh", name="critic_conv", dtype=f)
    conv.build((None, side, side, chan))
    conv.set_weights([0.5 * arr(*p.shape) for p in conv.get_weights()])
    out = tf.Variable(0.5 * arr((side - 2) ** 2 * filters, 1), name="critic_out")
    batch = {"real": arr(n, side, side, chan), "fake": arr(n, side, side, chan)}

    def critic(img):
        return tf.reshape(conv(img), [-1, (side - 2) ** 2 * filters]) @ out

    def input_gradient(b):
        points = 0.5 * (b["real"] + b["fake"])
        with tf.GradientTape() as tape:
            tape.watch(points)
            scores = critic(points)
        return tape.gradient(scores, points)

    def wasserstein(b):
        return tf.reduce_mean(critic(b["fake"]) - critic(b["real"]))

    def reference(b):
        grads = input_gradient(b)
        m = grads.shape[0]
        penalty = 0.0
        for i in range(m):
            penalty += tf.square(tf.sqrt(tf.reduce_sum(tf.square(grads[i]))) - 1.0) / m
        return wasserstein(b) + 10.0 * penalty

    def candidate(b):
        grads = input_gradient(b)
        slopes = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]))
        gradient_penalty = tf.reduce_mean((slopes - 1.0) ** 2)
        return wasserstein(b) + 10.0 * gradient_penalty

    return {
        "variables": [*conv.trainable_variables, out],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
