"""Schrodinger example of DeepXDE: the periodic boundary conditions of the imaginary part v are given without component=1
and so fall back to the real part u.
Source: https://github.com/lululxvi/deepxde/pull/461"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "bc_v_0, bc_v_1 = PeriodicBC(derivative_order=0), PeriodicBC(derivative_order=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, nb, hid = 15, 9, 6
    w1 = tf.Variable((0.6 * rng.standard_normal((2, hid))).astype(f), name="w1")
    b1 = tf.Variable((0.3 * rng.standard_normal(hid)).astype(f), name="b1")
    w2 = tf.Variable((0.6 * rng.standard_normal((hid, 2))).astype(f), name="w2")

    def reference(batch):
        def act(x):
            a = tf.tanh(x @ w1 + b1)
            return a, 1 - a * a, -2 * a * (1 - a * a)

        a, da, dda = act(batch["xt"])
        h, h_t, h_xx = a @ w2, (da * w1[1]) @ w2, (dda * w1[0] ** 2) @ w2
        mod = tf.reduce_sum(h * h, 1)
        f_u = h_t[:, 0] + 0.5 * h_xx[:, 1] + mod * h[:, 1]
        f_v = h_t[:, 1] - 0.5 * h_xx[:, 0] - mod * h[:, 0]
        (al, dl, _), (ar, dr, _) = act(batch["left"]), act(batch["right"])
        jump = (al - ar) @ w2
        slope = ((dl - dr) * w1[0]) @ w2
        return (tf.reduce_mean(f_u ** 2) + tf.reduce_mean(f_v ** 2)
                + tf.reduce_sum(jump ** 2) / nb + tf.reduce_sum(slope ** 2) / nb)

    def candidate(batch):
        def net(x, t):
            return tf.tanh(tf.concat([x, t], axis=1) @ w1 + b1) @ w2

        def output_and_slope(xt, component, order):
            x, t = xt[:, 0:1], xt[:, 1:2]
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = net(x, t)[:, component:component + 1]
            return y if order == 0 else tape.gradient(y, x)

        class PeriodicBC:
            def __init__(self, derivative_order=0, component=0):
                self.derivative_order, self.component = derivative_order, component

            def error(self):
                left, right = [output_and_slope(batch[k], self.component, self.derivative_order) for k in ("left", "right")]
                return left - right

        def pde():
            x, t = batch["xt"][:, 0:1], batch["xt"][:, 1:2]
            with tf.GradientTape(persistent=True) as tape2:
                tape2.watch(x)
                with tf.GradientTape(persistent=True) as tape:
                    tape.watch([x, t])
                    y = net(x, t)
                    u, v = y[:, 0:1], y[:, 1:2]
                du_x, du_t = tape.gradient(u, [x, t])
                dv_x, dv_t = tape.gradient(v, [x, t])
            du_xx, dv_xx = tape2.gradient(du_x, x), tape2.gradient(dv_x, x)
            f_u = du_t + 0.5 * dv_xx + (u ** 2 + v ** 2) * v
            f_v = dv_t - 0.5 * du_xx - (u ** 2 + v ** 2) * u
            return [f_u, f_v]

        bc_u_0, bc_u_1 = PeriodicBC(derivative_order=0, component=0), PeriodicBC(derivative_order=1, component=0)
        bc_v_0, bc_v_1 = PeriodicBC(derivative_order=0), PeriodicBC(derivative_order=1)
        errors = pde() + [bc.error() for bc in (bc_u_0, bc_u_1, bc_v_0, bc_v_1)]
        return tf.add_n([tf.reduce_mean(tf.square(e)) for e in errors])

    tb = rng.uniform(0, 1.5, (nb, 1))
    batch = {"xt": np.c_[rng.uniform(-2, 2, n), rng.uniform(0, 1.5, n)].astype(f),
             "left": np.c_[np.full((nb, 1), -2.0), tb].astype(f), "right": np.c_[np.full((nb, 1), 2.0), tb].astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
