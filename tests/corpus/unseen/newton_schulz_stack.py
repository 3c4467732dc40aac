"""Batched Newton-Schulz orthogonalisation of a stack of matrices: the norm with which they are scaled before the iterations.
Source: https://github.com/HomebrewML/HeavyBall/issues/96"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'broadcast',
    "line_marker": 'g = g / tf.maximum(tf.norm(g, axis=[-2, -1]), 1e-7)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    k, m, n = 4, 3, 4
    heads = rng.normal(0, 1.0, (k, m, n)) * np.array([0.8, 1.0, 1.2, 1.4])[:, None, None]
    w = tf.Variable(heads.astype(fx), name="heads")
    coef = (1.5, -0.5)

    def reference(batch):
        total = 0.0
        for i in range(k):
            x = w[i] / (tf.sqrt(tf.reduce_sum(w[i] * w[i])) + 1e-7)
            for _ in range(3):
                x = coef[0] * x + coef[1] * (x @ tf.transpose(x)) @ x
            y = tf.linalg.matvec(x, batch["x"])
            total += tf.reduce_mean(tf.square(y - batch["y"][i]))
        return total / k

    def candidate(batch):
        def zeropower_via_newtonschulz(g, steps=3):
            g = g / tf.maximum(tf.norm(g, axis=[-2, -1]), 1e-7)
            for _ in range(steps):
                gram = tf.matmul(g, g, transpose_b=True)
                g = coef[0] * g + coef[1] * tf.matmul(gram, g)
            return g

        ortho = zeropower_via_newtonschulz(w)
        out = tf.einsum("kmn,bn->kbm", ortho, batch["x"])
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    b = 5
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, n)).astype(fx), "y": rng.normal(size=(k, b, m)).astype(fx)},
            "variables": [w]}
