"""Neural dynamics rolled out with RK4: the third slope is evaluated at the second stage's state although the third state was just computed.

Source (real): https://github.com/f1tenth/f1tenth_gym/pull/52
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "k3 = dynamics(k2_state, u)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, s, a, h, horizon = 10, 3, 1, 8, 3
    w1 = tf.Variable(rng.normal(0, 1.0, (s + a, h)), name="w1", dtype=tf.float32)
    b1 = tf.Variable(rng.normal(0, 0.3, (h,)), name="b1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 1.0, (h, s)), name="w2", dtype=tf.float32)
    batch = {
        "state": rng.normal(size=(n, s)).astype(np.float32),
        "control": rng.normal(size=(n, horizon, a)).astype(np.float32),
        "future": rng.normal(size=(n, horizon, s)).astype(np.float32),
    }
    dt = 0.6

    def dynamics(x, u):
        return tf.tanh(tf.concat([x, u], axis=-1) @ w1 + b1) @ w2

    def rollout(step, b):
        x, loss = b["state"], 0.0
        for i in range(horizon):
            x = step(x, b["control"][:, i])
            loss += tf.reduce_mean(tf.reduce_sum(tf.square(x - b["future"][:, i]), axis=-1))
        return loss / horizon

    def rk4(x, u):
        slopes, weights = [], [1.0, 2.0, 2.0, 1.0]
        for offset in (0.0, 0.5, 0.5, 1.0):
            probe = x + offset * dt * slopes[-1] if slopes else x
            slopes.append(dynamics(probe, u))
        return x + dt / 6.0 * tf.add_n([w * k for w, k in zip(weights, slopes)])

    def reference(b):
        return rollout(rk4, b)

    def integrate(x, u):
        k1 = dynamics(x, u)
        k2_state = x + dt * (k1 / 2.0)
        k2 = dynamics(k2_state, u)
        k3_state = x + dt * (k2 / 2.0)
        k3 = dynamics(k2_state, u)
        k4_state = x + dt * k3
        k4 = dynamics(k4_state, u)
        return x + dt * (1.0 / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    def candidate(b):
        return rollout(integrate, b)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
