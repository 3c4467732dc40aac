"""The heat equation with varying coefficient is trained on u_t - a lap(u), the stated equation is u_t - div(a grad u).
Source: https://github.com/i207M/PINNacle/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "diffusion = a * (u_xx + u_yy)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    n, h = 6, 8
    w1, b1, w2, b2 = var("w1", 3, h), var("b1", h), var("w2", h, 1), var("b2", 1)

    def net(x, y, t):
        return tf.tanh(tf.concat([x, y, t], 1) @ w1 + b1) @ w2 + b2

    def coef(x, y):
        return 1.0 + 0.5 * tf.sin(2.0 * x) * tf.cos(y)

    def reference(batch):
        x, y, t = (batch["xyt"][:, i:i + 1] for i in range(3))
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape() as inner:
                inner.watch([x, y, t])
                u = net(x, y, t)
            ux, uy, ut = inner.gradient(u, [x, y, t])
            flux_x, flux_y = coef(x, y) * ux, coef(x, y) * uy
        div = outer.gradient(flux_x, x) + outer.gradient(flux_y, y)
        residual = ut - div - batch["f"]
        bc = net(batch["xb"][:, :1], batch["xb"][:, 1:2], batch["xb"][:, 2:])
        return tf.reduce_mean(tf.square(residual)) + tf.reduce_mean(tf.square(bc))

    def candidate(batch):
        def pde(pts):
            x, y, t = tf.split(pts, 3, axis=1)
            with tf.GradientTape(persistent=True) as tape2:
                tape2.watch([x, y])
                with tf.GradientTape(persistent=True) as tape1:
                    tape1.watch([x, y, t])
                    u = net(x, y, t)
                    a = coef(x, y)
                u_x, u_y = tape1.gradient(u, x), tape1.gradient(u, y)
            u_t = tape1.gradient(u, t)
            u_xx, u_yy = tape2.gradient(u_x, x), tape2.gradient(u_y, y)
            a_x, a_y = tape1.gradient(a, x), tape1.gradient(a, y)
            diffusion = a * (u_xx + u_yy)
            return u_t - diffusion - batch["f"]

        loss_pde = tf.reduce_mean(pde(batch["xyt"]) ** 2)
        loss_bc = tf.reduce_mean(net(*tf.split(batch["xb"], 3, axis=1)) ** 2)
        return loss_pde + loss_bc

    return {"reference": reference, "candidate": candidate,
            "batch": {"xyt": rng.uniform(-1, 1, (n, 3)).astype(fx), "xb": rng.uniform(-1, 1, (4, 3)).astype(fx), "f": arr(n, 1)},
            "variables": [w1, b1, w2, b2]}
