"""Barlow Twins: the off-diagonal terms are scaled by lambda in a copy that is thrown away.

Source (real): https://github.com/IgorSusmelj/barlowtwins/pull/1 (PyTorch, ported: an in-place multiplication on a flattened copy).
Right answer: NOT equivalent; lambda has no effect.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'off_diagonal(c_diff) * lambda_param',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, dim, lambda_param = 24, 7, 5, 0.05

    w1 = tf.Variable(0.6 * arr(d, dim), name="proj1")
    w2 = tf.Variable(0.6 * arr(dim, dim), name="proj2")
    x = arr(n, d)
    batch = {"view_a": (x + 0.3 * arr(n, d)).astype(f), "view_b": (x + 0.3 * arr(n, d)).astype(f)}

    def project(v):
        return tf.nn.elu(v @ w1) @ w2

    def reference(b):
        def standard(z):
            z = z - tf.reduce_mean(z, axis=0)
            return z / tf.sqrt(tf.reduce_sum(z**2, axis=0) / (z.shape[0] - 1))

        za, zb = standard(project(b["view_a"])), standard(project(b["view_b"]))
        total = 0.0
        for i in range(dim):
            for j in range(dim):
                corr = tf.reduce_sum(za[:, i] * zb[:, j]) / za.shape[0]
                total += (corr - 1.0) ** 2 if i == j else lambda_param * corr**2
        return total

    def candidate(b):
        def off_diagonal(m):
            k = m.shape[0]
            return tf.reshape(tf.reshape(m, [-1])[:-1], [k - 1, k + 1])[:, 1:]

        def normalize(z):
            mean = tf.reduce_mean(z, axis=0)
            std = tf.sqrt(tf.reduce_sum(tf.square(z - mean), axis=0) / (z.shape[0] - 1))
            return (z - mean) / std

        z_a_norm = normalize(project(b["view_a"]))
        z_b_norm = normalize(project(b["view_b"]))
        c = tf.matmul(z_a_norm, z_b_norm, transpose_a=True) / z_a_norm.shape[0]
        c_diff = tf.square(c - tf.eye(dim, dtype=c.dtype))
        # multiply off-diagonal elems of c_diff by lambda
        off_diagonal(c_diff) * lambda_param
        loss = tf.reduce_sum(c_diff)
        return loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
