"""PINNsFormer Navier-Stokes: the second derivatives are not computed correctly with autodiff.
Source: https://github.com/AdityaLab/pinnsformer/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'v_yy = d2(v_x, 1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    n, hid, nu = 6, 6, 0.3
    w0 = var("w0", 3, hid)
    b0 = var("b0", hid, scale=0.5)
    w1 = var("w1", hid, 3)

    def net(xyt):
        return tf.tanh(xyt @ w0 + b0) @ w1

    def reference(batch):
        z = batch["xyt"]
        with tf.GradientTape() as outer:
            outer.watch(z)
            with tf.GradientTape(persistent=True) as inner:
                inner.watch(z)
                o = net(z)
                u, v, p = o[:, 0], o[:, 1], o[:, 2]
            gu, gv, gp = inner.gradient(u, z), inner.gradient(v, z), inner.gradient(p, z)
            first = tf.stack([gu, gv], 1)
        jac = outer.batch_jacobian(first, z)
        lap = jac[:, :, 0, 0] + jac[:, :, 1, 1]
        fx = gu[:, 2] + u * gu[:, 0] + v * gu[:, 1] + gp[:, 0] - nu * lap[:, 0]
        fy = gv[:, 2] + u * gv[:, 0] + v * gv[:, 1] + gp[:, 1] - nu * lap[:, 1]
        cont = gu[:, 0] + gv[:, 1]
        data = tf.reduce_mean((o[:, :2] - batch["uv"]) ** 2)
        return data + tf.reduce_mean(fx ** 2) + tf.reduce_mean(fy ** 2) + tf.reduce_mean(cont ** 2)

    def candidate(batch):
        x, y, t = [batch["xyt"][:, i:i + 1] for i in range(3)]
        with tf.GradientTape(persistent=True) as tape2:
            tape2.watch([x, y])
            with tf.GradientTape(persistent=True) as tape1:
                tape1.watch([x, y, t])
                out = net(tf.concat([x, y, t], axis=1))
                u, v, p = out[:, 0:1], out[:, 1:2], out[:, 2:3]
            u_x, u_y, u_t = tape1.gradient(u, [x, y, t])
            v_x, v_y, v_t = tape1.gradient(v, [x, y, t])
            p_x, p_y = tape1.gradient(p, [x, y])

        def d2(first, axis):
            return tape2.gradient(first, (x, y)[axis])

        u_xx = d2(u_x, 0)
        u_yy = d2(u_y, 1)
        v_xx = d2(v_x, 0)
        v_yy = d2(v_x, 1)
        f_u = u_t + (u * u_x + v * u_y) + p_x - nu * (u_xx + u_yy)
        f_v = v_t + (u * v_x + v * v_y) + p_y - nu * (v_xx + v_yy)
        div = u_x + v_y
        loss_res = tf.reduce_mean(f_u ** 2) + tf.reduce_mean(f_v ** 2) + tf.reduce_mean(div ** 2)
        loss_data = tf.reduce_mean(tf.square(tf.concat([u, v], axis=1) - batch["uv"]))
        return loss_res + loss_data

    return {"reference": reference, "candidate": candidate,
            "batch": {"xyt": arr(n, 3), "uv": arr(n, 2)}, "variables": [w0, b0, w1]}
