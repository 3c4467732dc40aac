"""Physics-informed Navier-Stokes residual multiplies the velocity with u_xx, u_yy in the convective term instead of u_x, u_y.
Source: https://github.com/KindXiaoming/pykan/pull/169"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'x_momentum = u * u_xx + v * u_yy + p_x - nu * (u_xx + u_yy)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    nu = 0.05
    interior = rng.uniform(-1, 1, size=(16, 2)).astype("float32")
    w1 = tf.Variable(rng.normal(size=(2, 10)).astype("float32"))
    b1 = tf.Variable(rng.normal(size=(10,)).astype("float32") * 0.3)
    w2 = tf.Variable(rng.normal(size=(10, 3)).astype("float32") * 0.6)

    def net(xy):
        return tf.tanh(xy @ w1 + b1) @ w2

    def reference(batch):
        # one hidden layer: first and second derivatives of every output are known in closed form
        h = tf.tanh(batch["xy"] @ w1 + b1)
        slope, bend = 1.0 - h ** 2, -2.0 * h * (1.0 - h ** 2)
        out = h @ w2
        first = tf.einsum("nh,dh,ho->ndo", slope, w1, w2)
        second = tf.einsum("nh,dh,ho->ndo", bend, w1 ** 2, w2)
        velocity, pressure_gradient = out[:, :2], first[:, :, 2]
        convection = tf.einsum("nd,ndo->no", velocity, first[:, :, :2])
        diffusion = tf.reduce_sum(second[:, :, :2], axis=1)
        momentum = convection + pressure_gradient - nu * diffusion
        divergence = first[:, 0, 0] + first[:, 1, 1]
        return tf.reduce_mean(tf.reduce_sum(momentum ** 2, axis=-1) + divergence ** 2)

    def navier_stokes_residuals(coords):
        with tf.GradientTape(persistent=True) as tape2:
            tape2.watch(coords)
            with tf.GradientTape(persistent=True) as tape1:
                tape1.watch(coords)
                y_pred = net(coords)
                u, v, p = tf.split(y_pred, 3, axis=1)
            grad_u, grad_v, grad_p = (tape1.gradient(q, coords) for q in (u, v, p))
            u_x, u_y = grad_u[:, 0:1], grad_u[:, 1:2]
            v_x, v_y = grad_v[:, 0:1], grad_v[:, 1:2]
            p_x, p_y = grad_p[:, 0:1], grad_p[:, 1:2]
        u_xx, u_yy = tape2.gradient(u_x, coords)[:, 0:1], tape2.gradient(u_y, coords)[:, 1:2]
        v_xx, v_yy = tape2.gradient(v_x, coords)[:, 0:1], tape2.gradient(v_y, coords)[:, 1:2]
        continuity = u_x + v_y
        x_momentum = u * u_xx + v * u_yy + p_x - nu * (u_xx + u_yy)
        y_momentum = u * v_xx + v * v_yy + p_y - nu * (v_xx + v_yy)
        return continuity, x_momentum, y_momentum

    def candidate(batch):
        residuals = navier_stokes_residuals(batch["xy"])
        return sum(tf.reduce_mean(tf.square(r)) for r in residuals)

    return {"reference": reference, "candidate": candidate, "batch": {"xy": interior}, "variables": [w1, b1, w2]}
