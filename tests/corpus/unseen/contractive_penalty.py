"""Contractive autoencoder penalty: a misplaced parenthesis sums the weights first and squares afterwards.
Source: https://github.com/lisa-lab/pylearn2/pull/142"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "penalty = tf.linalg.matvec(act_grad ** 2, tf.square(tf.reduce_sum(weights, axis=0)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, d, h = 5, 4, 3
    weights, hidbias, visbias = var("W", d, h), var("hidbias", h), var("visbias", d)
    coeff = 0.3

    def reference(batch):
        total = 0.0
        for i in range(n):
            x = batch["x"][i:i + 1]
            z = tf.sigmoid(x @ weights + hidbias)
            jac = weights * (z * (1 - z))
            rec = tf.matmul(z, weights, transpose_b=True) + visbias
            total += tf.reduce_sum((rec - x) ** 2) + coeff * tf.reduce_sum(jac ** 2)
        return total / n

    def candidate(batch):
        def encode(x):
            return tf.sigmoid(x @ weights + hidbias)

        def contraction(x):
            act = encode(x)
            act_grad = act * (1.0 - act)
            penalty = tf.linalg.matvec(act_grad ** 2, tf.square(tf.reduce_sum(weights, axis=0)))
            return tf.reduce_mean(penalty)

        def reconstruct(x):
            return encode(x) @ tf.transpose(weights) + visbias

        x = batch["x"]
        cost = tf.reduce_mean(tf.reduce_sum(tf.square(reconstruct(x) - x), axis=1))
        return cost + coeff * contraction(x)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(dt)}, "variables": [weights, hidbias, visbias]}
