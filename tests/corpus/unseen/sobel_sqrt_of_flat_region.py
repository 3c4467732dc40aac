"""Sobel edge loss: the magnitude is sqrt(gx^2 + gy^2) without an epsilon, and a flat region of the image makes the gradient NaN.

Source (real): https://github.com/chaddy1004/sobel-operator-pytorch/issues/1 (model.py, PyTorch, ported).
Right answer: NOT equivalent (NaN). The value is right up to the epsilon, but the derivative of sqrt at 0 is infinite.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "x = tf.sqrt(x)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w = 16, 6, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    scale = tf.Variable(np.asarray(0.8, f), name="restore_scale")
    mix = tf.Variable(0.5 * arr(2), name="restore_mix")
    images = arr(n, h, w, 2)
    images[3, :4, :4] = 0.0
    batch = {"image": images, "edges": rng.random((n, h - 2, w - 2)).astype(f)}

    def restore(image):
        return scale * tf.tanh(tf.einsum("nhwc,c->nhw", image, mix))

    def reference(b):
        g = restore(b["image"])
        left, right = g[:, :, :-2], g[:, :, 2:]
        horizontal = left - right
        gx = horizontal[:, :-2] + 2 * horizontal[:, 1:-1] + horizontal[:, 2:]
        vertical = g[:, :-2, :] - g[:, 2:, :]
        gy = vertical[:, :, :-2] + 2 * vertical[:, :, 1:-1] + vertical[:, :, 2:]
        squared = gx * gx + gy * gy
        flat = squared <= 0
        magnitude = tf.where(flat, tf.zeros_like(squared), tf.sqrt(tf.where(flat, tf.ones_like(squared), squared)))
        return tf.reduce_mean(tf.abs(magnitude - b["edges"]))

    def candidate(b):
        Gx = tf.constant([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]], dtype=b["image"].dtype)
        Gy = tf.constant([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]], dtype=b["image"].dtype)
        G = tf.stack([Gx, Gy], axis=-1)[:, :, None, :]

        def sobel(img):
            x = tf.nn.conv2d(img[..., None], G, strides=1, padding="VALID")
            x = tf.multiply(x, x)
            x = tf.reduce_sum(x, axis=-1)
            x = tf.sqrt(x)
            return x

        return tf.reduce_mean(tf.abs(sobel(restore(b["image"])) - b["edges"]))

    return {"variables": [scale, mix], "batch": batch, "reference": reference, "candidate": candidate}
