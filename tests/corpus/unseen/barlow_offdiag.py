"""Suspected: the off-diagonal terms of Barlow Twins are squared twice. They are not; the author withdrew it.
Source: https://github.com/facebookresearch/barlowtwins/issues/50"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, lambd = 6, 7, 4, 0.05
    proj = keras.layers.Dense(e, name="proj")
    hid = keras.layers.Dense(8, activation="tanh", name="hid")
    hid.build((n, d))
    proj.build((n, 8))

    def standard(z):
        return (z - tf.reduce_mean(z, 0)) / tf.sqrt(tf.math.reduce_variance(z, 0) + 1e-5)

    def reference(batch):
        za, zb = standard(proj(hid(batch["a"]))), standard(proj(hid(batch["b"])))
        loss = 0.0
        for i in range(e):
            for j in range(e):
                c = tf.reduce_sum(za[:, i] * zb[:, j]) / n
                loss += tf.square(c - 1.0) if i == j else lambd * tf.square(c)
        return loss

    def candidate(batch):
        def off_diagonal(x):
            rows, cols = x.shape
            assert rows == cols
            flat = tf.reshape(x, (-1,))[:-1]
            return tf.reshape(tf.reshape(flat, (rows - 1, rows + 1))[:, 1:], (-1,))

        z1 = proj(hid(batch["a"]))
        z2 = proj(hid(batch["b"]))
        c = tf.matmul(standard(z1), standard(z2), transpose_a=True)
        c = c / tf.cast(tf.shape(z1)[0], c.dtype)
        on_diag = tf.reduce_sum(tf.pow(tf.linalg.diag_part(c) - 1.0, 2))
        off_diag = tf.reduce_sum(tf.pow(off_diagonal(c), 2))
        return on_diag + lambd * off_diag

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.normal(size=(n, d)).astype(fx), "b": rng.normal(size=(n, d)).astype(fx)},
            "variables": hid.trainable_variables + [proj.kernel]}
