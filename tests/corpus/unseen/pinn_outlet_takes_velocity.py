"""PINN for the flow in a channel: at the outlet the pressure is to vanish, but the slice is that of the velocity v.

Source (real): https://github.com/hojunkim13/PINNs/issues/2 (PyTorch, Navier-Stokes/main.py, ported; p = out[:, 2:3]).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "p = out[:, 1:2]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hid = 20, 8

    def var(name, *s):
        return tf.Variable((0.8 * rng.standard_normal(s)).astype(f), name=name)

    w1, b1, w2, b2 = var("w1", 2, hid), var("b1", hid), var("w2", hid, 3), var("b2", 3)
    y = rng.uniform(0.0, 1.0, (n, 1)).astype(f)
    batch = {
        "inlet": np.concatenate([np.zeros_like(y), y], 1),
        "outlet": np.concatenate([np.full_like(y, 2.0), rng.uniform(0.0, 1.0, (n, 1)).astype(f)], 1),
        "domain": rng.uniform(0.0, 1.0, (n, 2)).astype(f),
    }

    def net(xy):
        return tf.tanh(xy @ w1 + b1) @ w2 + b2

    def divergence(xy):
        # d u/dx + d v/dy of the one hidden layer, written out
        slope = 1.0 - tf.square(tf.tanh(xy @ w1 + b1))
        return tf.linalg.matvec(slope, w1[0] * w2[:, 0] + w1[1] * w2[:, 1])

    def reference(b):
        total = 0.0
        for i in range(b["inlet"].shape[0]):
            vel = net(b["inlet"][i : i + 1])[0]
            yi = b["inlet"][i, 1]
            total += tf.square(vel[0] - 4.0 * yi * (1.0 - yi)) + tf.square(vel[1])
            pressure = net(b["outlet"][i : i + 1])[0][-1]
            total += tf.square(pressure) + tf.square(divergence(b["domain"][i : i + 1])[0])
        return total / b["inlet"].shape[0]

    class PINN:
        def loss_pde(self, xy):
            return tf.reduce_mean(tf.square(divergence(xy)))

        def loss_inlet(self, xy):
            out = net(xy)
            u, v = out[:, 0:1], out[:, 1:2]
            profile = 4.0 * xy[:, 1:2] * (1.0 - xy[:, 1:2])
            return tf.reduce_mean(tf.square(u - profile)) + tf.reduce_mean(tf.square(v))

    def candidate(b):
        pinn = PINN()

        def loss_outlet(xy):
            out = net(xy)
            p = out[:, 1:2]
            return tf.reduce_mean(tf.square(p))

        return pinn.loss_pde(b["domain"]) + pinn.loss_inlet(b["inlet"]) + loss_outlet(b["outlet"])

    return {"variables": [w1, b1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}
