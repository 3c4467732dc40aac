"""Barlow Twins: the two views are stacked and normalised with common statistics over both instead of each with its own.

Source (real): https://github.com/lightly-ai/lightly/pull/1806
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'mu, var = tf.nn.moments(tf.reshape(both, [-1, d]), axes=[0])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, d, lam = 20, 7, 5, 0.02
    w_a = tf.Variable(rng.normal(0, 0.5, (dx, d)), name="proj_a")
    w_b = tf.Variable(rng.normal(0, 1.2, (dx, d)), name="proj_b")
    shift = tf.Variable(rng.normal(0, 1.0, (d,)), name="shift_b")
    x = rng.normal(size=(n, dx))
    batch = {"a": x + 0.1 * rng.normal(size=x.shape), "b": x + 0.1 * rng.normal(size=x.shape)}

    def embed(b):
        return tf.nn.softplus(b["a"] @ w_a), tf.nn.softplus(b["b"] @ w_b + shift)

    def penalty(c):
        eye = tf.eye(d, dtype=c.dtype)
        off = (1.0 - eye) * c
        return tf.reduce_sum((tf.linalg.diag_part(c) - 1.0) ** 2) + lam * tf.reduce_sum(off ** 2)

    def reference(b):
        z1, z2 = embed(b)

        def unit(z):
            m, v = tf.nn.moments(z, axes=[0])
            return (z - m) * tf.math.rsqrt(v + 1e-5)

        c = tf.matmul(unit(z1), unit(z2), transpose_a=True) / n
        return penalty(c)

    def candidate(b):
        z1, z2 = embed(b)
        both = tf.stack([z1, z2])
        mu, var = tf.nn.moments(tf.reshape(both, [-1, d]), axes=[0])
        normed = (both - mu) * tf.math.rsqrt(var + 1e-5)
        c = tf.matmul(normed[0], normed[1], transpose_a=True) / n
        return penalty(c)

    return {"variables": [w_a, w_b, shift], "batch": batch, "reference": reference, "candidate": candidate}
