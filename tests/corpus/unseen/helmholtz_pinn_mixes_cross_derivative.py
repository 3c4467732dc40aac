"""Helmholtz PINN: the second derivative is taken of the whole gradient vector at once, so u_xy slips into the Laplacian.

Source (real): https://github.com/prateekbhustali/Physics-Informed-Neural-Networks/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'second = outer.gradient(first, g)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hid, k2 = 18, 10, 2.0
    w1 = tf.Variable(rng.normal(0, 0.8, (2, hid)), name="w1", dtype=tf.float64)
    b1 = tf.Variable(rng.normal(0, 0.3, (hid,)), name="b1", dtype=tf.float64)
    w2 = tf.Variable(rng.normal(0, 0.5, (hid, hid)), name="w2", dtype=tf.float64)
    w3 = tf.Variable(rng.normal(0, 0.5, (hid, 1)), name="w3", dtype=tf.float64)
    edge = rng.uniform(-1, 1, (n, 2))
    edge[:, 0] = np.sign(edge[:, 0])
    batch = {"g": rng.uniform(-1, 1, (n, 2)), "edge": edge}

    def u(x):
        return tf.tanh(tf.tanh(x @ w1 + b1) @ w2) @ w3

    def source(g):
        sx, sy = tf.sin(np.pi * g[:, :1]), tf.sin(4 * np.pi * g[:, 1:])
        return 0.1 * (k2 - 17.0) * sx * sy

    def boundary(b):
        return tf.reduce_mean(u(b["edge"]) ** 2)

    def reference(b):
        g = b["g"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(g)
            with tf.GradientTape() as inner:
                inner.watch(g)
                val = u(g)
            grad = inner.gradient(val, g)
            u_x, u_y = grad[:, 0:1], grad[:, 1:2]
        u_xx = outer.gradient(u_x, g)[:, 0:1]
        u_yy = outer.gradient(u_y, g)[:, 1:2]
        residual = u_xx + u_yy + k2 * val - source(g)
        return tf.reduce_mean(residual ** 2) + 10.0 * boundary(b)

    def candidate(b):
        g = b["g"]
        with tf.GradientTape() as outer:
            outer.watch(g)
            with tf.GradientTape() as inner:
                inner.watch(g)
                val = u(g)
            first = inner.gradient(val, g)
        second = outer.gradient(first, g)
        u_xx, u_yy = second[:, 0:1], second[:, 1:2]
        residual = u_xx + u_yy + k2 * val - source(g)
        return tf.reduce_mean(residual ** 2) + 10.0 * boundary(b)

    return {"variables": [w1, b1, w2, w3], "batch": batch, "reference": reference, "candidate": candidate}
