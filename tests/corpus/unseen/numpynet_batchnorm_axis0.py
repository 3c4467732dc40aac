"""Batch normalisation of images with one mean and variance for each pixel (axis 0) instead of for each channel.

Source (real): https://github.com/Nico-Curti/NumPyNet/issues/7 (NumPy, channels last).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "axes = [0]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, c, out = 18, 4, 3, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    kernel = tf.Variable(0.7 * arr(c, c), name="conv1x1")
    gamma = tf.Variable(1.0 + 0.3 * arr(c), name="scales")
    beta = tf.Variable(0.3 * arr(c), name="bias")
    top = tf.Variable(0.6 * arr(c, out), name="dense")
    batch = {"x": arr(n, h, w, c) + 0.8 * arr(1, h, w, c), "y": arr(n, out)}
    epsil = 1e-5

    def head(z, y):
        return tf.reduce_mean(tf.square(tf.reduce_mean(tf.nn.elu(z), axis=[1, 2]) @ top - y))

    def reference(b):
        z = tf.tensordot(b["x"], kernel, 1)
        rows = tf.reshape(z, [-1, c])
        mu = tf.reduce_sum(rows, axis=0) / rows.shape[0]
        sigma2 = tf.reduce_sum(tf.square(rows - mu), axis=0) / rows.shape[0]
        return head(tf.nn.batch_normalization(z, mu, sigma2, beta, gamma, epsil), b["y"])

    def candidate(b):
        inpt = tf.tensordot(b["x"], kernel, 1)
        axes = [0]
        mean = tf.reduce_mean(inpt, axis=axes)
        var = 1.0 / tf.sqrt(tf.math.reduce_variance(inpt, axis=axes) + epsil)
        x_norm = (inpt - mean) * var
        return head(x_norm * gamma + beta, b["y"])

    return {"variables": [kernel, gamma, beta, top], "batch": batch, "reference": reference, "candidate": candidate}
