"""The singular vectors of the power iteration are no constants here: the gradient also runs through the iteration.

Source (real): https://github.com/keras-team/keras/issues/20309
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'right = l2n(tf.matmul(weights, left[:, None])[:, 0])',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 10, 6, 5
    kernel = tf.Variable(rng.normal(size=(d, h)).astype(np.float32), name="kernel")
    bias = tf.Variable((0.1 * rng.normal(size=h)).astype(np.float32), name="bias")
    top = tf.Variable(rng.normal(size=(h, 1)).astype(np.float32), name="top")
    u0 = rng.normal(size=h).astype(np.float32)
    u0 /= np.linalg.norm(u0)
    batch = {
        "real": (rng.normal(size=(n, d)) + 0.5).astype(np.float32),
        "fake": rng.normal(size=(n, d)).astype(np.float32),
    }

    def l2n(z):
        return z / (tf.norm(z) + 1e-12)

    def discriminator(x, w_bar):
        return (tf.nn.leaky_relu(x @ w_bar + bias, 0.2) @ top)[:, 0]

    def hinge(d_real, d_fake):
        return tf.reduce_mean(tf.nn.relu(1.0 - d_real)) + tf.reduce_mean(tf.nn.relu(1.0 + d_fake))

    def reference(b):
        v = tf.stop_gradient(l2n(tf.linalg.matvec(kernel, u0)))
        u = tf.stop_gradient(l2n(tf.linalg.matvec(kernel, v, transpose_a=True)))
        sigma = tf.tensordot(v, tf.linalg.matvec(kernel, u), 1)
        w_bar = kernel / sigma
        return hinge(discriminator(b["real"], w_bar), discriminator(b["fake"], w_bar))

    def candidate(b):
        weights = tf.reshape(kernel, [-1, h])
        left = tf.constant(u0)
        right = l2n(tf.matmul(weights, left[:, None])[:, 0])
        left = tf.stop_gradient(l2n(tf.matmul(right[None], weights)[0]))
        sigma = tf.reduce_sum(right[:, None] * weights * left[None, :])
        normed = weights / sigma
        both = discriminator(tf.concat([b["real"], b["fake"]], 0), normed)
        d_real, d_fake = tf.split(both, 2)
        return hinge(d_real, d_fake)

    return {"variables": [kernel, bias, top], "batch": batch, "reference": reference, "candidate": candidate}
