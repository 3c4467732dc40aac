"""The pressure gradient of the compressible momentum equation enters the residual with a minus.

Source (real): https://github.com/pdebench/PDEBench/issues/54
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'momentum = rho * (v_t + v * v_x) - p_x - eta * v_xx',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n, eta = 12, 0.1
    w1, b1, w2, b2 = var("w1", 2, 8), var("b1", 8), var("w2", 8, 3), var("b2", 3)
    batch = {"x": rng.uniform(-1, 1, size=(n, 1)).astype("float32"), "t": rng.uniform(0, 1, size=(n, 1)).astype("float32"), "rho0": rng.uniform(0.8, 1.2, size=(n, 1)).astype("float32")}

    def fields(x, t):
        with tf.GradientTape(persistent=True) as t2:
            t2.watch([x, t])
            with tf.GradientTape(persistent=True) as t1:
                t1.watch([x, t])
                out = tf.tanh(tf.concat([x, t], 1) @ w1 + b1) @ w2 + b2
                rho, v, p = tf.exp(0.3 * out[:, :1]), out[:, 1:2], tf.exp(0.3 * out[:, 2:])
            v_x = t1.gradient(v, x)
        g = {"rho_t": t1.gradient(rho, t), "rho_x": t1.gradient(rho, x), "v_t": t1.gradient(v, t), "v_x": v_x,
             "p_x": t1.gradient(p, x), "v_xx": t2.gradient(v_x, x)}
        return rho, v, p, g

    def initial(b):
        rho, _, _, _ = fields(b["x"], tf.zeros_like(b["t"]))
        return tf.reduce_mean(tf.square(rho - b["rho0"]))

    def reference(b):
        rho, v, p, g = fields(b["x"], b["t"])
        mass = g["rho_t"] + g["rho_x"] * v + rho * g["v_x"]
        force = g["p_x"] - eta * g["v_xx"]
        mom = rho * g["v_t"] + rho * v * g["v_x"] + force
        return initial(b) + tf.reduce_mean(mass * mass + mom * mom)

    def candidate(b):
        rho, v, p, g = fields(b["x"], b["t"])
        v_t, v_x, v_xx, p_x = g["v_t"], g["v_x"], g["v_xx"], g["p_x"]
        mass = g["rho_t"] + (g["rho_x"] * v + rho * v_x)
        momentum = rho * (v_t + v * v_x) - p_x - eta * v_xx
        pde = tf.reduce_mean(tf.square(mass)) + tf.reduce_mean(tf.square(momentum))
        return initial(b) + pde

    return {"variables": [w1, b1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}
