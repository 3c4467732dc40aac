"""Helmholtz PINN: the second derivative is taken of both gradient columns at once, so the mixed partial u_xy enters the Laplacian twice.

Source (real): https://github.com/prateekbhustali/Physics-Informed-Neural-Networks/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "u_gg = t2.gradient(u_g, g)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h = 12, 8
    w1 = tf.Variable(rng.normal(0, 0.8, (2, h)), name="w1", dtype=tf.float32)
    b1 = tf.Variable(rng.normal(0, 0.3, (h,)), name="b1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.5, (h, 1)), name="w2", dtype=tf.float32)
    bc = rng.uniform(-1, 1, (n, 2))
    bc[:, 0] = np.sign(bc[:, 0])
    batch = {
        "inner": rng.uniform(-1, 1, (n, 2)).astype(np.float32),
        "edge": bc.astype(np.float32),
        "edge_u": np.zeros((n, 1), np.float32),
    }
    wavenumber = 1.0

    def net(xy):
        return tf.tanh(xy @ w1 + b1) @ w2

    def source(xy):
        x, y = xy[:, 0:1], xy[:, 1:2]
        return tf.sin(np.pi * x) * tf.sin(2.0 * np.pi * y)

    def boundary_loss(b):
        return tf.reduce_mean(tf.square(net(b["edge"]) - b["edge_u"]))

    def reference(b):
        x, y = b["inner"][:, 0:1], b["inner"][:, 1:2]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape() as inner:
                inner.watch([x, y])
                u = net(tf.concat([x, y], axis=1))
            u_x, u_y = inner.gradient(u, [x, y])
        lap = outer.gradient(u_x, x) + outer.gradient(u_y, y)
        res = lap + wavenumber ** 2 * u - source(b["inner"])
        return tf.reduce_mean(tf.square(res)) + boundary_loss(b)

    def candidate(b):
        g = tf.identity(b["inner"])
        with tf.GradientTape() as t2:
            t2.watch(g)
            with tf.GradientTape() as t1:
                t1.watch(g)
                u = net(g)
            u_g = t1.gradient(u, g)
        u_gg = t2.gradient(u_g, g)
        u_xx, u_yy = u_gg[:, 0:1], u_gg[:, 1:2]
        f = u_xx + u_yy + wavenumber ** 2 * u - source(g)
        loss_pde = tf.reduce_mean(tf.square(f))
        return loss_pde + boundary_loss(b)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
