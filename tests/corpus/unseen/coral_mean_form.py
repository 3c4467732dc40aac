"""DeepCORAL takes a mean of squared covariance gaps: reported as different, it is the Frobenius form over 4 d^2 times 4.
Source: https://github.com/SSARCandy/DeepCORAL/issues/17"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, d_in, d = 6, 5, 4
    w = tf.Variable(rng.normal(size=(d_in, d)).astype(fx), name="w")
    b = tf.Variable(rng.normal(size=(d,)).astype(fx) * 0.3, name="b")

    def reference(batch):
        hs = tf.nn.elu(batch["source"] @ w + b)
        ht = tf.nn.elu(batch["target"] @ w + b)
        ones = tf.ones([1, n], hs.dtype)

        def covariance(h):
            col = ones @ h
            return (tf.transpose(h) @ h - tf.transpose(col) @ col / n) / (n - 1)

        frob = tf.norm(covariance(hs) - covariance(ht), ord="fro", axis=[0, 1])
        return 0.25 * frob ** 2 / d ** 2

    def candidate(batch):
        source = tf.nn.elu(batch["source"] @ w + b)
        target = tf.nn.elu(batch["target"] @ w + b)
        xs = tf.reduce_mean(source, axis=0, keepdims=True) - source
        xt = tf.reduce_mean(target, axis=0, keepdims=True) - target
        gap = tf.matmul(xs, xs, transpose_a=True) - tf.matmul(xt, xt, transpose_a=True)
        loss = tf.reduce_mean(gap * gap)
        return loss / (4 * (n - 1) * (n - 1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"source": rng.normal(size=(n, d_in)).astype(fx),
                      "target": (1.6 * rng.normal(size=(n, d_in)) - 0.4).astype(fx)},
            "variables": [w, b]}
