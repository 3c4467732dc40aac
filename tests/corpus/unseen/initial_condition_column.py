"""PINN initial condition: predictions (n, 1) against values (n,) make an (n, n) error matrix.

Source (real): https://github.com/Photon-AI-Research/NeuralSolvers/issues/20 (PyTorch, ported; the reporter fixes it with reshape(-1)).
Right answer: NOT equivalent; the PDE part is right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'prediction = model(x0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, hid, nu = 17, 6, 0.3

    w1 = tf.Variable(0.8 * arr(2, hid), name="w1")
    b1 = tf.Variable(0.5 * arr(hid), name="b1")
    w2 = tf.Variable(arr(hid, 1), name="w2")
    batch = {"x": arr(n), "t": rng.random(n).astype(f), "x_ic": arr(n), "u_ic": arr(n)}

    def model(xt):
        return tf.tanh(xt @ w1 + b1) @ w2

    def residual(x, t):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=True) as inner:
                inner.watch([x, t])
                u = model(tf.stack([x, t], axis=1))[:, 0]
            u_x, u_t = inner.gradient(u, x), inner.gradient(u, t)
        return u_t - nu * outer.gradient(u_x, x)

    def reference(b):
        loss_pde = tf.reduce_mean(residual(b["x"], b["t"]) ** 2)
        loss_ic = 0.0
        m = b["x_ic"].shape[0]
        for i in range(m):
            u0 = model(tf.stack([b["x_ic"][i], tf.zeros_like(b["x_ic"][i])])[None, :])[0, 0]
            loss_ic += (u0 - b["u_ic"][i]) ** 2 / m
        return loss_ic + loss_pde

    def candidate(b):
        x0 = tf.stack([b["x_ic"], tf.zeros_like(b["x_ic"])], axis=1)
        prediction = model(x0)
        initial = tf.reduce_mean(tf.square(prediction - b["u_ic"]))
        pde = tf.reduce_mean(tf.square(residual(b["x"], b["t"])))
        return initial + pde

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
