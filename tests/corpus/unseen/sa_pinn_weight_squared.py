"""The self-adaptive weights of SA-PINNs are multiplied in before the residual is squared. Source: https://github.com/levimcclenny/SA-PINNs/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'mse_f_u = tf.reduce_mean(tf.square(col_weights * f_u_pred))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, m, h = 6, 4, 5
    w1 = var("w1", 2, h)
    b1 = var("b1", h)
    w2 = var("w2", h, 1)
    u_weights = tf.Variable(rng.uniform(0.3, 2.0, (m, 1)).astype(fx), name="u_weights")
    col_weights = tf.Variable(rng.uniform(0.3, 2.0, (n, 1)).astype(fx), name="col_weights")

    def net(x, t):
        return tf.tanh(tf.concat([x, t], 1) @ w1 + b1) @ w2

    def residual(x, t):
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, t])
                u = net(x, t)
            u_x = inner.gradient(u, x)
        u_t = inner.gradient(u, t)
        u_xx = outer.gradient(u_x, x)
        return u_t - 0.01 * u_xx + 5.0 * u ** 3 - 5.0 * u

    def reference(batch):
        r0 = batch["u0"] - net(batch["x0"], tf.zeros_like(batch["x0"]))
        rf = residual(batch["xf"], batch["tf"])
        ic = tf.reduce_sum(u_weights * r0 * r0) / m
        pde = tf.reduce_sum(col_weights * rf * rf) / n
        return ic + pde

    def candidate(batch):
        x_f, t_f = batch["xf"], batch["tf"]
        u0_pred = net(batch["x0"], tf.zeros_like(batch["x0"]))
        f_u_pred = residual(x_f, t_f)
        mse_0_u = tf.reduce_mean(u_weights * tf.square(batch["u0"] - u0_pred))
        mse_f_u = tf.reduce_mean(tf.square(col_weights * f_u_pred))
        return mse_0_u + mse_f_u

    return {"reference": reference, "candidate": candidate,
            "batch": {"x0": rng.uniform(-1, 1, (m, 1)).astype(fx), "u0": rng.standard_normal((m, 1)).astype(fx),
                      "xf": rng.uniform(-1, 1, (n, 1)).astype(fx), "tf": rng.uniform(0, 1, (n, 1)).astype(fx)},
            "variables": [w1, b1, w2, u_weights, col_weights]}
