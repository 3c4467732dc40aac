"""Navier-Stokes residual with a variable viscosity: the terms nu_xj * du_j/dx_i of the stress divergence are left out.
Source: https://github.com/NVIDIA/physicsnemo-sym/issues/22"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return nu * (q_xx + q_yy) + nu_x * q_x + nu_y * q_y",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, width = 16, 8
    w1 = tf.Variable(rng.normal(size=(2, width)), dtype=f, name="w1")
    b1 = tf.Variable(rng.normal(size=(width,)) * 0.3, dtype=f, name="b1")
    w2 = tf.Variable(rng.normal(size=(width, 4)) * 0.6, dtype=f, name="w2")
    batch = {"x": rng.uniform(-1, 1, size=(n, 1)).astype(f), "y": rng.uniform(-1, 1, size=(n, 1)).astype(f)}

    def flow(x, y):
        out = tf.matmul(tf.tanh(tf.matmul(tf.concat([x, y], 1), w1) + b1), w2)
        u, v, p, s = tf.split(out, 4, axis=1)
        return u, v, p, tf.nn.softplus(s)

    def reference(batch):
        x, y = batch["x"], batch["y"]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([x, y])
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, y])
                u, v, p, nu = flow(x, y)
            u_x, u_y = inner.gradient(u, [x, y])
            v_x, v_y = inner.gradient(v, [x, y])
            p_x, p_y = inner.gradient(p, [x, y])
            div = u_x + v_y
            s_xx, s_xy, s_yy = 2.0 * nu * u_x, nu * (u_y + v_x), 2.0 * nu * v_y
        div_x, div_y = outer.gradient(div, [x, y])
        tau_x = outer.gradient(s_xx, x) + outer.gradient(s_xy, y) - nu * div_x
        tau_y = outer.gradient(s_xy, x) + outer.gradient(s_yy, y) - nu * div_y
        mom_x = u * u_x + v * u_y + p_x - tau_x
        mom_y = u * v_x + v * v_y + p_y - tau_y
        return sum(tf.reduce_mean(r ** 2) for r in (div, mom_x, mom_y))

    def candidate(batch):
        x, y = batch["x"], batch["y"]

        def d(fn):
            def g(x, y):
                with tf.GradientTape() as t:
                    t.watch([x, y])
                    q = fn(x, y)
                return t.gradient(q, [x, y])
            return g

        def diffusion(q, nu, nu_x, nu_y):
            q_x, q_y = d(q)(x, y)
            q_xx = d(lambda a, b: d(q)(a, b)[0])(x, y)[0]
            q_yy = d(lambda a, b: d(q)(a, b)[1])(x, y)[1]
            return nu * (q_xx + q_yy) + nu_x * q_x + nu_y * q_y

        fu, fv, fp, fnu = (lambda a, b, k=k: flow(a, b)[k] for k in range(4))
        u, v, _, nu = flow(x, y)
        (u_x, u_y), (v_x, v_y) = d(fu)(x, y), d(fv)(x, y)
        (p_x, p_y), (nu_x, nu_y) = d(fp)(x, y), d(fnu)(x, y)
        equations = {
            "continuity": u_x + v_y,
            "momentum_x": u * u_x + v * u_y + p_x - diffusion(fu, nu, nu_x, nu_y),
            "momentum_y": u * v_x + v * v_y + p_y - diffusion(fv, nu, nu_x, nu_y),
        }
        return tf.add_n([tf.reduce_mean(tf.square(e)) for e in equations.values()])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, b1, w2]}
