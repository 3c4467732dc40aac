"""The second derivatives are taken of the whole gradient (both columns), so that u_xy leaks into u_xx and u_yy.

Source (real): https://github.com/prateekbhustali/Physics-Informed-Neural-Networks/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'u_both = outer.gradient(grad_u, g)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n = 15
    w1 = tf.Variable(rng.normal(size=(2, 8)).astype("float32"), name="w1")
    b1 = tf.Variable(rng.normal(size=(8,)).astype("float32") * 0.3, name="b1")
    w2 = tf.Variable(rng.normal(size=(8, 8)).astype("float32") * 0.4, name="w2")
    w3 = tf.Variable(rng.normal(size=(8, 1)).astype("float32") * 0.4, name="w3")
    xy = rng.uniform(-1, 1, size=(n, 2))
    edge = rng.uniform(-1, 1, size=(n, 2))
    edge[:, 0] = np.sign(edge[:, 0])
    batch = {"colloc": xy.astype("float32"), "edge": edge.astype("float32")}
    k2 = 1.0

    def net(g):
        return tf.nn.tanh(tf.nn.tanh(g @ w1 + b1) @ w2) @ w3

    def source(g):
        return tf.sin(np.pi * g[:, 0:1]) * tf.sin(2.0 * np.pi * g[:, 1:2])

    def reference(b):
        x, y = b["colloc"][:, 0:1], b["colloc"][:, 1:2]
        with tf.GradientTape(persistent=True) as t2:
            t2.watch([x, y])
            with tf.GradientTape() as t1:
                t1.watch([x, y])
                u = net(tf.concat([x, y], 1))
            u_x, u_y = t1.gradient(u, [x, y])
        lap = t2.gradient(u_x, x) + t2.gradient(u_y, y)
        res = lap + k2 * u - source(b["colloc"])
        return tf.reduce_mean(res ** 2) + 10.0 * tf.reduce_mean(net(b["edge"]) ** 2)

    def candidate(b):
        g = b["colloc"]
        with tf.GradientTape() as outer:
            outer.watch(g)
            with tf.GradientTape() as inner:
                inner.watch(g)
                u = net(g)
            grad_u = inner.gradient(u, g)
        u_both = outer.gradient(grad_u, g)
        u_xx, u_yy = u_both[:, 0:1], u_both[:, 1:2]
        f = u_xx + u_yy + k2 * u - source(g)
        loss_pde = tf.reduce_mean(tf.square(f))
        loss_bc = tf.reduce_mean(tf.square(net(b["edge"])))
        return loss_pde + 10.0 * loss_bc

    return {"variables": [w1, b1, w2, w3], "batch": batch, "reference": reference, "candidate": candidate}
