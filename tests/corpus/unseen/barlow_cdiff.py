"""Barlow Twins: the paper's pseudocode squares (c - I) and scales the off-diagonal, the code squares c's off-diagonal; a reader
suspected a difference, there is none. Source: https://github.com/facebookresearch/barlowtwins/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def off_diagonal(x):
    n = x.shape[0]
    flat = tf.reshape(x, [-1])[:-1]
    return tf.reshape(tf.reshape(flat, (n - 1, n + 1))[:, 1:], [-1])


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, d, p = 12, 8, 6
    x = rng.normal(size=(n, d))
    ya = (x + 0.4 * rng.normal(size=(n, d))).astype("float32")
    yb = (x + 0.4 * rng.normal(size=(n, d))).astype("float32")
    backbone = keras.Sequential([keras.Input((d,)), keras.layers.Dense(10, activation="tanh"), keras.layers.Dense(p)])
    lambd = 0.0051

    def normalise(z):
        mean, var = tf.nn.moments(z, axes=[0])
        return (z - mean) / tf.sqrt(var + 1e-5)

    def cross_correlation(batch):
        za, zb = normalise(backbone(batch["ya"])), normalise(backbone(batch["yb"]))
        return tf.matmul(za, zb, transpose_a=True) / n

    def reference(batch):
        c = cross_correlation(batch)
        on_diag = tf.reduce_sum((tf.linalg.diag_part(c) - 1.0) ** 2)
        return on_diag + lambd * tf.reduce_sum(off_diagonal(c) ** 2)

    def candidate(batch):
        c = cross_correlation(batch)
        c_diff = tf.pow(c - tf.eye(p), 2)
        scale = tf.eye(p) + lambd * (1.0 - tf.eye(p))
        return tf.reduce_sum(c_diff * scale)

    return {"reference": reference, "candidate": candidate, "batch": {"ya": ya, "yb": yb},
            "variables": backbone.trainable_variables}
