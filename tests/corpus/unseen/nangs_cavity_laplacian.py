"""Steady driven cavity as a PINN: the viscous terms are (u_xx + u_yy, v_xx + v_yy); the notebook has u_xx + v_yy in both momentum equations.
Source: https://github.com/juansensio/nangs/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "lap_u, lap_v = u_xx + v_yy, u_xx + v_yy",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w1 = tf.Variable(rng.normal(size=(2, 7)).astype(f), name="w1")
    b1 = tf.Variable(rng.normal(size=(7,)).astype(f), name="b1")
    w2 = tf.Variable(rng.normal(size=(7, 3)).astype(f), name="w2")
    mu = 0.5

    def reference(batch):
        # derivatives of tanh(x W1 + b1) W2 by hand
        h = tf.tanh(tf.stack([batch["x"], batch["y"]], 1) @ w1 + b1)
        out = h @ w2
        d1 = 1.0 - h ** 2
        d2 = -2.0 * h * d1
        gx, gy = (d1 * w1[0]) @ w2, (d1 * w1[1]) @ w2
        lap = (d2 * (w1[0] ** 2 + w1[1] ** 2)) @ w2
        u, v = out[:, 0:1], out[:, 1:2]
        momentum = u * gx[:, :2] + v * gy[:, :2] + tf.stack([gx[:, 2], gy[:, 2]], 1) - mu * lap[:, :2]
        mass = gx[:, 0] + gy[:, 1]
        return tf.reduce_mean(mass ** 2) + tf.reduce_sum(tf.reduce_mean(momentum ** 2, axis=0))

    def candidate(batch):
        def net(x, y):
            hidden = tf.nn.tanh(tf.matmul(tf.stack([x, y], axis=1), w1) + b1)
            return tf.unstack(tf.matmul(hidden, w2), axis=1)

        x, y = batch["x"], batch["y"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, y])
                u, v, p = net(x, y)
            u_x, u_y = inner.gradient(u, [x, y])
            v_x, v_y = inner.gradient(v, [x, y])
            p_x, p_y = inner.gradient(p, [x, y])
        u_xx, u_yy = outer.gradient(u_x, x), outer.gradient(u_y, y)
        v_xx, v_yy = outer.gradient(v_x, x), outer.gradient(v_y, y)
        lap_u, lap_v = u_xx + v_yy, u_xx + v_yy
        residuals = {
            "continuity": u_x + v_y,
            "mom_x": u * u_x + v * u_y + p_x - mu * lap_u,
            "mom_y": u * v_x + v * v_y + p_y - mu * lap_v,
        }
        return tf.add_n([tf.reduce_mean(tf.square(r)) for r in residuals.values()])

    batch = {"x": rng.uniform(0, 1, 16).astype(f), "y": rng.uniform(0, 1, 16).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
