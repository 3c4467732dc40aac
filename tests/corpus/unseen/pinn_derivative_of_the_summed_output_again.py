"""Right: differentiating the sum over the samples gives each sample's own derivative, for no sample's output depends on another's input.

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

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n = 9
    w1, b1, w2 = var("w1", 2, 7), var("b1", 7), var("w2", 7, 1)
    batch = {"x": rng.uniform(0, 2, size=(n, 1)).astype("float32"), "t": rng.uniform(0, 1, size=(n, 1)).astype("float32")}

    def net(x, t):
        return tf.tanh(tf.concat([x, t], axis=1) @ w1 + b1) @ w2

    def boundary(b):
        u0 = net(b["x"], tf.zeros_like(b["t"]))
        return tf.reduce_mean(tf.square(u0 - 6.0 * tf.exp(-3.0 * b["x"])))

    def reference(b):
        total = 0.0
        for i in range(n):
            x, t = b["x"][i:i + 1], b["t"][i:i + 1]
            with tf.GradientTape(persistent=True) as tape:
                tape.watch([x, t])
                u = net(x, t)[0, 0]
            res = tape.gradient(u, x) - 2.0 * tape.gradient(u, t) - u
            total += tf.reduce_sum(tf.square(res))
        return boundary(b) + total / n

    def candidate(b):
        x, t = b["x"], b["t"]
        with tf.GradientTape() as tape:
            tape.watch([x, t])
            u = net(x, t)
            total_u = tf.reduce_sum(u)
        u_x, u_t = tape.gradient(total_u, [x, t])
        pde = u_x - 2 * u_t - u
        return boundary(b) + tf.reduce_mean(tf.square(pde))

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
