"""WGAN-GP: one gradient of the summed critic scores, flattened per sample, against one tape per sample.

Source (real): https://github.com/caogang/wgan-gp/issues/27 and issues/56 (the gradient must be flattened before the
norm), https://github.com/igul222/improved_wgan_training (TensorFlow; images are flat, so axis 1 is right there).
Right answer: EQUIVALENT; critic(x_i) depends on x_i alone, so the gradient of the sum is the batch of gradients.
Second-order: the loss itself contains a gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_LAMBDA = 10.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, wid, hid = 14, 4, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.4 * arr(hgt * wid, hid), name="critic_w1")
    w2 = tf.Variable(0.7 * arr(hid, 1), name="critic_w2")
    batch = {"real": arr(n, hgt, wid), "fake": arr(n, hgt, wid), "mix": rng.random((n, 1, 1)).astype(f)}

    def critic(img):
        flat = tf.reshape(img, [-1, hgt * wid])
        return tf.tanh(flat @ w1) @ w2

    def reference(b):
        m = b["real"].shape[0]
        total = 0.0
        for i in range(m):
            real, fake = b["real"][i : i + 1], b["fake"][i : i + 1]
            point = fake + b["mix"][i] * (real - fake)
            with tf.GradientTape() as tape:
                tape.watch(point)
                score = critic(point)[0, 0]
            slope = tf.sqrt(tf.reduce_sum(tf.square(tape.gradient(score, point))))
            total += critic(fake)[0, 0] - critic(real)[0, 0] + _LAMBDA * tf.square(slope - 1.0)
        return total / m

    def candidate(b):
        points = b["mix"] * b["real"] + (1.0 - b["mix"]) * b["fake"]
        with tf.GradientTape() as tape:
            tape.watch(points)
            scores = critic(points)
        grads = tf.reshape(tape.gradient(scores, points), [points.shape[0], -1])
        penalty = tf.reduce_mean((tf.norm(grads, axis=1) - 1.0) ** 2)
        return tf.reduce_mean(critic(b["fake"])) - tf.reduce_mean(critic(b["real"])) + _LAMBDA * penalty

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
