"""Somebody thinks that VICReg's covariance ought to be x @ x.T (N x N); x.T @ x (D x D) is right. Source: https://github.com/facebookresearch/vicreg/issues/25"""
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

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, e = 6, 4, 3
    a_np, b_np = normal(n, d), normal(n, d)
    pair = np.array([1, 1, 1, 0, 1, 1]).astype(fx)
    w = var("w", d, e)

    def reference(batch):
        total = 0.0
        for key in ("a", "b"):
            z = batch[key] @ w
            for i in range(e):
                for j in range(e):
                    if i != j:
                        u, v = z[:, i] - tf.reduce_mean(z[:, i]), z[:, j] - tf.reduce_mean(z[:, j])
                        total += (tf.reduce_sum(u * v) / (n - 1)) ** 2 / e
        gap = tf.reduce_mean((batch["a"] @ w - batch["b"] @ w) ** 2, 1)
        return 25.0 * tf.reduce_sum(gap * batch["pair"]) / tf.reduce_sum(batch["pair"]) + total

    def candidate(batch):
        x, y = tf.matmul(batch["a"], w), tf.matmul(batch["b"], w)
        repr_loss = tf.reduce_mean(tf.square(x - y), axis=-1)
        repr_loss = tf.reduce_sum(repr_loss * batch["pair"]) / tf.reduce_sum(batch["pair"])
        x = x - tf.reduce_mean(x, axis=0)
        y = y - tf.reduce_mean(y, axis=0)
        off = 1.0 - tf.eye(e, dtype=x.dtype)
        cov_x = tf.matmul(x, x, transpose_a=True) / (n - 1)
        cov_y = tf.matmul(y, y, transpose_a=True) / (n - 1)
        cov_loss = tf.reduce_sum(tf.square(cov_x * off)) / e + tf.reduce_sum(tf.square(cov_y * off)) / e
        return 25.0 * repr_loss + cov_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": a_np, "b": b_np, "pair": pair}, "variables": [w]}
