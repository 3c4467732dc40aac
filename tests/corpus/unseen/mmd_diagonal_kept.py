"""Unbiased MMD: the sums of the kernel blocks keep their diagonals, although (3) of Gretton et al. leaves them out.

Source (real): https://github.com/TorchDrift/TorchDrift/issues/9 (PyTorch, ported; the question is whether n + m is added).
Right answer: EQUIVALENT. The diagonal of the kernel is constantly one; the value moves by a constant and the gradients agree.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, lat, bandwidth = 16, 5, 3, 1.3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, lat), name="features")
    shift = tf.Variable(0.4 * arr(lat), name="shift")
    batch = {"noise": arr(n, d), "y": arr(n, lat)}

    def generator(z):
        return tf.tanh(z @ w) + shift

    def reference(b):
        x, y = generator(b["noise"]), b["y"]
        m = x.shape[0]

        def k(p, q):
            return tf.exp(-tf.reduce_sum(tf.square(p - q)) / bandwidth**2)

        within, across = 0.0, 0.0
        for i in range(m):
            for j in range(m):
                if i != j:
                    within += k(x[i], x[j]) + k(y[i], y[j])
                across += k(x[i], y[j])
        return within / (m * (m - 1)) - 2.0 * across / (m * m)

    def candidate(b):
        x, y = generator(b["noise"]), b["y"]
        n, m = x.shape[0], y.shape[0]
        xy = tf.concat([x, y], axis=0)
        sq = tf.reduce_sum(tf.square(xy[:, None] - xy[None, :]), axis=-1)
        # we are a bit sloppy here as we just keep the diagonal and everything twice
        k = tf.exp((-1 / bandwidth**2) * sq)
        k_x = k[:n, :n]
        k_y = k[n:, n:]
        k_xy = k[:n, n:]
        mmd = (
            tf.reduce_sum(k_x) / (n * (n - 1)) + tf.reduce_sum(k_y) / (m * (m - 1)) - 2 * tf.reduce_sum(k_xy) / (n * m)
        )
        return mmd

    return {"variables": [w, shift], "batch": batch, "reference": reference, "candidate": candidate}
