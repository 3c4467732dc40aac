"""The second derivative is taken of the whole gradient vector, so each column also holds the mixed derivative and the Laplacian gains 2 u_xy.

Source (real): https://github.com/prateekbhustali/Physics-Informed-Neural-Networks/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'u_gg = outer.gradient(u_g, g)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h = 12, 8
    mk = lambda name, *s: tf.Variable((0.8 * rng.normal(size=s)).astype(np.float32), name=name)
    w1, b1, w2, b2, w3 = mk("w1", 2, h), mk("b1", h), mk("w2", h, h), mk("b2", h), mk("w3", h, 1)
    pts = rng.uniform(-1, 1, size=(n, 2)).astype(np.float32)
    bnd = rng.uniform(-1, 1, size=(n, 2)).astype(np.float32)
    bnd[:, 0] = np.sign(bnd[:, 0])
    batch = {"interior": pts, "boundary": bnd}
    k2 = 1.5

    def net(p):
        return tf.tanh(tf.tanh(p @ w1 + b1) @ w2 + b2) @ w3

    def source(p):
        s = tf.sin(np.pi * p[:, :1]) * tf.sin(2 * np.pi * p[:, 1:])
        return (k2 - 5 * np.pi ** 2) * s * 0.1

    def boundary_loss(b):
        return tf.reduce_mean(tf.square(net(b["boundary"])))

    def reference(b):
        x, y = b["interior"][:, :1], b["interior"][:, 1:]
        with tf.GradientTape(persistent=True) as second:
            second.watch([x, y])
            with tf.GradientTape() as first:
                first.watch([x, y])
                u = net(tf.concat([x, y], 1))
            u_x, u_y = first.gradient(u, [x, y])
        laplace = second.gradient(u_x, x) + second.gradient(u_y, y)
        residual = laplace + k2 * u - source(b["interior"])
        return tf.reduce_mean(tf.square(residual)) + 5.0 * boundary_loss(b)

    def candidate(b):
        g = b["interior"]
        with tf.GradientTape() as outer:
            outer.watch(g)
            with tf.GradientTape() as inner:
                inner.watch(g)
                u = net(g)
            u_g = inner.gradient(u, g)
        u_gg = outer.gradient(u_g, g)
        u_xx, u_yy = u_gg[:, 0:1], u_gg[:, 1:2]
        f = u_xx + u_yy + k2 * u - source(g)
        loss_pde = tf.reduce_mean(f ** 2)
        return loss_pde + 5.0 * boundary_loss(b)

    return {"variables": [w1, b1, w2, b2, w3], "batch": batch, "reference": reference, "candidate": candidate}
