"""Factorization machine layer for CTR: the second order term is averaged over the factors, in the formula it is half of the
sum.
Source: https://github.com/Hourout/CTR-keras/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(a - b, 1, keepdims=True) * 0.5",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, fields, factors = 14, 6, 4
    kernel = tf.Variable(rng.normal(size=(fields, factors)).astype(f) * 0.5, name="kernel")
    linear = tf.Variable(rng.normal(size=(fields, 1)).astype(f) * 0.3, name="linear")
    batch = {"x": (rng.uniform(size=(n, fields)) < 0.6).astype(f), "y": rng.integers(0, 2, size=(n, 1)).astype(f)}

    def reference(batch):
        x = batch["x"]
        logit = tf.matmul(x, linear)[:, 0]
        for i in range(fields):
            for j in range(i + 1, fields):
                logit += tf.tensordot(kernel[i], kernel[j], 1) * x[:, i] * x[:, j]
        return tf.reduce_mean(tf.nn.softplus(logit) - batch["y"][:, 0] * logit)

    def candidate(batch):
        class MyLayer:
            def call(self, x):
                a = tf.pow(tf.matmul(x, kernel), 2)
                b = tf.matmul(tf.pow(x, 2), tf.pow(kernel, 2))
                return tf.reduce_mean(a - b, 1, keepdims=True) * 0.5

        cross = MyLayer().call(batch["x"])
        add = batch["x"] @ linear + cross
        return keras.losses.BinaryCrossentropy(from_logits=True, dtype=f)(batch["y"], add)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, linear]}
