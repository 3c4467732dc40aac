"""Right: the gradient of sum(u) with respect to the points is each point's own derivative, since u_i depends on point i only.

Source (real): https://github.com/nanditadoloi/PINN/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, h = 8, 6
    mk = lambda name, *s: tf.Variable((0.8 * rng.normal(size=s)).astype(np.float32), name=name)
    w1, b1, w2, b2, w3 = mk("w1", 2, h), mk("b1", h), mk("w2", h, h), mk("b2", h), mk("w3", h, 1)
    batch = {
        "x": rng.uniform(0, 2, size=(n, 1)).astype(np.float32),
        "t": rng.uniform(0, 1, size=(n, 1)).astype(np.float32),
        "x_bc": rng.uniform(0, 2, size=(n, 1)).astype(np.float32),
    }

    def net(x, t):
        return tf.sigmoid(tf.sigmoid(tf.concat([x, t], -1) @ w1 + b1) @ w2 + b2) @ w3

    def boundary(b):
        return tf.reduce_mean(tf.square(net(b["x_bc"], tf.zeros_like(b["x_bc"])) - 6.0 * tf.exp(-3.0 * b["x_bc"])))

    def reference(b):
        total = 0.0
        for i in range(n):                                  # the PDE at one point after another
            x, t = b["x"][i:i + 1], b["t"][i:i + 1]
            with tf.GradientTape() as tape:
                tape.watch([x, t])
                u = net(x, t)[0, 0]
            u_x, u_t = tape.gradient(u, [x, t])
            total += tf.square(u_x[0, 0] - 2.0 * u_t[0, 0] - u)
        return total / n + boundary(b)

    def candidate(b):
        x, t = b["x"], b["t"]
        with tf.GradientTape() as tape:
            tape.watch([x, t])
            u = net(x, t)
            u_sum = tf.reduce_sum(u)
        u_x, u_t = tape.gradient(u_sum, [x, t])
        pde = u_x - 2.0 * u_t - u
        return tf.reduce_mean(pde ** 2) + boundary(b)

    return {"variables": [w1, b1, w2, b2, w3], "batch": batch, "reference": reference, "candidate": candidate}
