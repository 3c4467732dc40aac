"""The second derivative u_xx of the Navier-Stokes residual is taken of u itself instead of u_x, so it is the first derivative again.

Source (real): https://github.com/AdityaLab/pinnsformer/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'u_xx = outer.gradient(u, x)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, nu = 10, 0.3
    w1, b1, w2 = var("w1", 3, 8), var("b1", 8), var("w2", 8, 3)
    batch = {"x": arr(n, 1), "y": arr(n, 1), "t": rng.uniform(0, 1, size=(n, 1)).astype("float32"), "u_obs": arr(n, 1)}

    def net(x, y, t):
        return tf.split(tf.tanh(tf.concat([x, y, t], 1) @ w1 + b1) @ w2, 3, axis=1)

    def first_order(tape, u, p, x, y, t):
        return tape.gradient(u, x), tape.gradient(u, y), tape.gradient(u, t), tape.gradient(p, x)

    def reference(b):
        x, y, t = b["x"], b["y"], b["t"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, y, t])
                u, v, p = net(x, y, t)
            u_x, u_y, u_t, p_x = first_order(inner, u, p, x, y, t)
        u_xx, u_yy = outer.gradient(u_x, x), outer.gradient(u_y, y)
        f_u = u_t + u * u_x + v * u_y + p_x - nu * (u_xx + u_yy)
        return tf.reduce_mean(tf.square(u - b["u_obs"])) + tf.reduce_mean(tf.square(f_u))

    def candidate(b):
        x, y, t = b["x"], b["y"], b["t"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, y, t])
                u, v, p = net(x, y, t)
            u_x, u_y, u_t, p_x = first_order(inner, u, p, x, y, t)
        u_xx = outer.gradient(u, x)
        u_yy = outer.gradient(u_y, y)
        momentum = u_t + (u * u_x + v * u_y) + p_x - nu * (u_xx + u_yy)
        return tf.reduce_mean(tf.square(u - b["u_obs"])) + tf.reduce_mean(tf.square(momentum))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
