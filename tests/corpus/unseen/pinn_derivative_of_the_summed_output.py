"""Right: differentiating sum(u) gives every point its own derivative, since the network treats the points separately.

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
    n = 12
    w1 = tf.Variable(rng.normal(size=(2, 7)).astype("float32") * 0.8, name="w1")
    b1 = tf.Variable(rng.normal(size=(7,)).astype("float32") * 0.3, name="b1")
    w2 = tf.Variable(rng.normal(size=(7, 1)).astype("float32") * 0.6, name="w2")
    batch = {
        "x": rng.uniform(0, 2, size=(n, 1)).astype("float32"),
        "t": rng.uniform(0, 1, size=(n, 1)).astype("float32"),
        "x_bc": rng.uniform(0, 2, size=(n, 1)).astype("float32"),
    }

    def net(x, t):
        return tf.nn.tanh(tf.concat([x, t], 1) @ w1 + b1) @ w2

    def boundary(b):
        x = b["x_bc"]
        return tf.reduce_mean(tf.square(net(x, tf.zeros_like(x)) - 6.0 * tf.exp(-3.0 * x)))

    def reference(b):
        total = 0.0
        for i in range(n):
            x, t = b["x"][i : i + 1], b["t"][i : i + 1]
            with tf.GradientTape() as tape:
                tape.watch([x, t])
                u = net(x, t)[0, 0]
            u_x, u_t = tape.gradient(u, [x, t])
            total += tf.square(u_x[0, 0] - 2.0 * u_t[0, 0] - u)
        return boundary(b) + total / n

    def f(x, t):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            tape.watch(t)
            u = net(x, t)
            u_sum = tf.reduce_sum(u)
        u_x = tape.gradient(u_sum, x)
        u_t = tape.gradient(u_sum, t)
        return u_x - 2.0 * u_t - u

    def candidate(b):
        mse_u = boundary(b)
        f_out = f(b["x"], b["t"])
        mse_f = tf.reduce_mean(f_out ** 2)
        return mse_u + mse_f

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
