"""NeuralPDE.jl's recursive numeric derivative: in the branch for higher orders the central difference over 2 epsilon
is divided by epsilon only (mended in review), which doubles the second derivative in the residual.
Source: https://github.com/SciML/NeuralPDE.jl/pull/115"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return (upper - lower) / eps",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hid, eps = 19, 6, 0.05
    w1 = keras.Variable(rng.standard_normal((2, hid)).astype(f), name="w1")
    b1 = keras.Variable((0.3 * rng.standard_normal(hid)).astype(f), name="b1")
    w2 = keras.Variable(rng.standard_normal((hid, 1)).astype(f), name="w2")
    batch = {"xy": rng.uniform(-1, 1, (n, 2)).astype(f)}

    def phi(p):
        return tf.tanh(p @ w1 + b1) @ w2

    def rhs(p):
        return tf.sin(3.0 * p[:, :1]) * tf.cos(2.0 * p[:, 1:])

    def reference(batch):
        p = batch["xy"]
        lap = -4 * phi(p)
        for step in np.eye(2):
            far = tf.constant(2 * eps * step, p.dtype)
            lap += phi(p + far) + phi(p - far)
        res = lap / (2 * eps) ** 2 - rhs(p)
        return tf.reduce_mean(res * res)

    def candidate(batch):
        def get_eps_mask(der_num):
            mask = np.zeros((1, 2), f)
            mask[0, der_num] = eps
            return mask

        def derivative(x, der_num, order):
            e = get_eps_mask(der_num)
            if order == 1:
                return (phi(x + e) - phi(x - e)) / (2.0 * eps)
            else:
                upper = derivative(x + e, der_num, order - 1)
                lower = derivative(x - e, der_num, order - 1)
                return (upper - lower) / eps

        def inner_loss(cord):
            u_xx = derivative(cord, 0, 2)
            u_yy = derivative(cord, 1, 2)
            return u_xx + u_yy - rhs(cord)

        return keras.ops.mean(keras.ops.square(inner_loss(batch["xy"])))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
