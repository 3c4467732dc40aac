"""The density-depth penalty of the physics-guided network is computed on a numpy copy of the prediction, so it passes no gradient.

Source (real): https://github.com/arkadaw9/PGNN/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'rho1, rho2 = density(upper.numpy()), density(lower.numpy())',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d, lam = 14, 4, 3.0
    w1, b1, w2 = var("w1", d, 6), var("b1", 6), var("w2", 6, 1)
    batch = {"up": arr(n, d), "down": arr(n, d), "temp": rng.uniform(8, 22, size=(n, 1)).astype("float32")}

    def temperature(x):
        return 15.0 + 6.0 * tf.tanh(tf.tanh(x @ w1 + b1) @ w2)

    def density(t):
        return 1000.0 * (1.0 - (t + 288.9414) * (t - 3.9863) ** 2 / (508929.2 * (t + 68.12963)))

    def reference(b):
        t_up, t_down = temperature(b["up"]), temperature(b["down"])
        mse = tf.reduce_mean(tf.square(t_up - b["temp"])) / 10.0
        violation = tf.nn.relu(density(t_up) - density(t_down))
        return mse + lam * tf.reduce_mean(violation)

    def candidate(b):
        upper = temperature(b["up"])
        lower = temperature(b["down"])
        rho1, rho2 = density(upper.numpy()), density(lower.numpy())
        phy_loss = tf.reduce_mean(tf.maximum(rho1 - rho2, 0.0))
        mse = tf.reduce_mean(tf.square(upper - b["temp"])) / 10.0
        return mse + lam * phy_loss

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
