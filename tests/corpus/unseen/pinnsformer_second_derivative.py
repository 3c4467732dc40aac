"""Navier-Stokes PINN: u_xx is obtained by differentiating u (not u_x) with respect to x again, so the viscous term holds a first
derivative. Source: https://github.com/AdityaLab/pinnsformer/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "u_xx = tape.gradient(u, x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n = 9
    x = rng.uniform(1, 8, size=(n, 1)).astype("float32") / 4
    y = rng.uniform(-2, 2, size=(n, 1)).astype("float32") / 2
    t = rng.uniform(0, 2, size=(n, 1)).astype("float32")
    u_obs = rng.normal(size=(n, 1)).astype("float32")
    v_obs = rng.normal(size=(n, 1)).astype("float32")
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(12, activation="tanh"),
                            keras.layers.Dense(12, activation="tanh"), keras.layers.Dense(2)])
    lam1, nu = 1.0, 0.5

    def velocities(x, y, t, tape):
        psi_p = net(tf.concat([x, y, t], axis=1))
        psi, p = psi_p[:, 0:1], psi_p[:, 1:2]
        return psi, p

    def data(u, v, batch):
        return tf.reduce_mean((u - batch["u"]) ** 2) + tf.reduce_mean((v - batch["v"]) ** 2)

    def reference(batch):
        x, y, t = batch["x"], batch["y"], batch["t"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape(persistent=True) as mid:
                mid.watch([x, y, t])
                with tf.GradientTape(persistent=True) as inner:
                    inner.watch([x, y])
                    psi, p = velocities(x, y, t, inner)
                vel_u = inner.gradient(psi, y)
                vel_v = -inner.gradient(psi, x)
            du = [mid.gradient(vel_u, s) for s in (x, y, t)]
            p_x = mid.gradient(p, x)
        lap_u = outer.gradient(du[0], x) + outer.gradient(du[1], y)
        f_u = du[2] + lam1 * (vel_u * du[0] + vel_v * du[1]) + p_x - nu * lap_u
        return data(vel_u, vel_v, batch) + tf.reduce_mean(f_u ** 2)

    def candidate(batch):
        x, y, t = batch["x"], batch["y"], batch["t"]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x, y, t])
            psi, p = velocities(x, y, t, tape)
            u = tape.gradient(psi, y)
            v = -tape.gradient(psi, x)
            u_x = tape.gradient(u, x)
            u_y = tape.gradient(u, y)
            u_t = tape.gradient(u, t)
            u_xx = tape.gradient(u, x)
            u_yy = tape.gradient(u_y, y)
            p_x = tape.gradient(p, x)
        f_u = u_t + lam1 * (u * u_x + v * u_y) + p_x - nu * (u_xx + u_yy)
        return data(u, v, batch) + tf.reduce_mean(f_u ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "t": t, "u": u_obs, "v": v_obs}, "variables": net.trainable_variables[:-1]}
