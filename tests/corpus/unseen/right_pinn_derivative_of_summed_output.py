"""Right: the input derivative of the summed network output is the per-sample derivative, for each row only feeds its own output.

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
    n, hid = 9, 8
    w1 = tf.Variable(rng.normal(0, 0.8, (2, hid)), name="w1")
    b1 = tf.Variable(rng.normal(0, 0.3, (hid,)), name="b1")
    w2 = tf.Variable(rng.normal(0, 0.6, (hid, 1)), name="w2")
    batch = {"x": rng.uniform(0, 2, (n, 1)), "t": rng.uniform(0, 1, (n, 1)), "x0": rng.uniform(0, 2, (n, 1))}

    def net(x, t):
        return tf.sigmoid(tf.concat([x, t], -1) @ w1 + b1) @ w2

    def initial(b):
        return tf.reduce_mean((net(b["x0"], tf.zeros_like(b["x0"])) - 6.0 * tf.exp(-3.0 * b["x0"])) ** 2)

    def reference(b):
        res = []
        for i in range(n):
            x, t = b["x"][i:i + 1], b["t"][i:i + 1]
            with tf.GradientTape() as tape:
                tape.watch([x, t])
                u = net(x, t)[0, 0]
            u_x, u_t = tape.gradient(u, [x, t])
            res.append(u_x[0, 0] - 2.0 * u_t[0, 0] - u)
        return tf.reduce_mean(tf.stack(res) ** 2) + initial(b)

    def candidate(b):
        x, t = b["x"], b["t"]
        with tf.GradientTape() as tape:
            tape.watch([x, t])
            u = net(x, t)
            total = tf.reduce_sum(u)
        u_x, u_t = tape.gradient(total, [x, t])
        pde = u_x - 2.0 * u_t - u
        return tf.reduce_mean(pde ** 2) + initial(b)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
