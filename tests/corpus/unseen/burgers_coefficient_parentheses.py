"""Burgers PINN: 0.01 / math.pi * u_xx is said to need parentheses around the coefficient.

Source (real): https://github.com/jayroxis/PINNs/issues/5 (PyTorch, ported; the author could not see why it would matter).
Right answer: EQUIVALENT. Division and product associate from the left; the residual against its mirror is the same error, too.
"""
import math

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hid = 30, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(1.2 * arr(2, hid), name="w1")
    b1 = tf.Variable(0.5 * arr(hid), name="b1")
    w2 = tf.Variable(0.8 * arr(hid, 1), name="w2")
    x, t = rng.uniform(-1, 1, (n, 1)), rng.uniform(0, 1, (n, 1))
    batch = {"X": np.concatenate([x, t], 1).astype(f), "x0": rng.uniform(-1, 1, (n, 1)).astype(f)}

    def net(z):
        return tf.tanh(z @ w1 + b1) @ w2

    def initial(x0):
        return net(tf.concat([x0, tf.zeros_like(x0)], 1)) + tf.sin(math.pi * x0)

    def reference(b):
        # the derivatives of the one hidden layer written out
        h = tf.tanh(b["X"] @ w1 + b1)
        slope = 1.0 - tf.square(h)
        u = tf.reduce_sum(h * w2[:, 0], 1)
        u_x = tf.reduce_sum(slope * w1[0] * w2[:, 0], 1)
        u_t = tf.reduce_sum(slope * w1[1] * w2[:, 0], 1)
        u_xx = tf.reduce_sum(-2.0 * h * slope * tf.square(w1[0]) * w2[:, 0], 1)
        nu = (0.01 / math.pi)
        residual = u_t + u * u_x - nu * u_xx
        return tf.reduce_mean(tf.square(residual)) + tf.reduce_mean(tf.square(initial(b["x0"])))

    def candidate(b):
        criterion = keras.losses.MeanSquaredError()
        X = b["X"]
        with tf.GradientTape() as outer:
            outer.watch(X)
            with tf.GradientTape() as inner:
                inner.watch(X)
                u = net(X)
            du_dX = inner.gradient(u, X)
            du_dx, du_dt = du_dX[:, 0], du_dX[:, 1]
        du_dxx = outer.gradient(du_dx, X)[:, 0]
        loss_pde = criterion(du_dt + tf.squeeze(u, 1) * du_dx, 0.01 / math.pi * du_dxx)
        y_pred = initial(b["x0"])
        loss_data = criterion(tf.zeros_like(y_pred), y_pred)
        return loss_pde + loss_data

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
