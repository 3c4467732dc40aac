"""Inverse Navier-Stokes example: the density multiplies the convection only, not the time derivative, which gives the
density away (its true value is the factor 1 of u_t).
Source: https://github.com/lululxvi/deepxde/issues/1000"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "momentum_x = du_t + C1 * (u * du_x + v * du_y) + dp_x - C2 * (du_xx + du_yy)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, hid = 16, 7
    w1 = tf.Variable((0.7 * rng.standard_normal((3, hid))).astype(f), name="w1")
    b1 = tf.Variable((0.3 * rng.standard_normal(hid)).astype(f), name="b1")
    w2 = tf.Variable((0.7 * rng.standard_normal((hid, 3))).astype(f), name="w2")
    C1 = tf.Variable(np.asarray(0.25, f), name="rho")
    C2 = tf.Variable(np.asarray(0.2, f), name="mu")

    def reference(batch):
        # derivatives of w2^T tanh(w1^T x + b1) by hand; columns of x: x, y, t
        a = tf.tanh(batch["xyt"] @ w1 + b1)
        da, dda = 1 - a * a, -2 * a * (1 - a * a)

        def first(k):
            return (da * w1[k]) @ w2

        def second(k):
            return (dda * w1[k] ** 2) @ w2

        y, y_x, y_y, y_t = a @ w2, first(0), first(1), first(2)
        lap = second(0) + second(1)
        material = y_t[:, :2] + y[:, 0:1] * y_x[:, :2] + y[:, 1:2] * y_y[:, :2]
        grad_p = tf.stack([y_x[:, 2], y_y[:, 2]], 1)
        force = C1 * material + grad_p - C2 * lap[:, :2]
        div = y_x[:, 0] + y_y[:, 1]
        data = tf.reduce_mean((y[:, :2] - batch["uv"]) ** 2)
        return tf.reduce_mean(force[:, 0] ** 2) + tf.reduce_mean(force[:, 1] ** 2) + tf.reduce_mean(div ** 2) + data

    def candidate(batch):
        x, y, t = tf.split(batch["xyt"], 3, axis=1)

        def net(x, y, t):
            return tf.split(tf.tanh(tf.concat([x, y, t], 1) @ w1 + b1) @ w2, 3, axis=1)

        def pde():
            with tf.GradientTape(persistent=True) as outer:
                outer.watch([x, y])
                with tf.GradientTape(persistent=True) as tape:
                    tape.watch([x, y, t])
                    u, v, p = net(x, y, t)
                du_x, du_y, du_t = tape.gradient(u, [x, y, t])
                dv_x, dv_y, dv_t = tape.gradient(v, [x, y, t])
                dp_x, dp_y = tape.gradient(p, [x, y])
            du_xx, du_yy = outer.gradient(du_x, x), outer.gradient(du_y, y)
            dv_xx, dv_yy = outer.gradient(dv_x, x), outer.gradient(dv_y, y)
            continuity = du_x + dv_y
            momentum_x = du_t + C1 * (u * du_x + v * du_y) + dp_x - C2 * (du_xx + du_yy)
            momentum_y = C1 * (dv_t + u * dv_x + v * dv_y) + dp_y - C2 * (dv_xx + dv_yy)
            return [continuity, momentum_x, momentum_y], u, v

        residuals, u, v = pde()
        loss = tf.add_n([tf.reduce_mean(tf.square(r)) for r in residuals])
        return loss + tf.reduce_mean(tf.square(tf.concat([u, v], 1) - batch["uv"]))

    batch = {"xyt": rng.uniform(-1, 1, (n, 3)).astype(f), "uv": rng.standard_normal((n, 2)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2, C1, C2]}
