"""GRU-D cell: the candidate state is computed from the hidden state without the reset gate, which is computed and then never used.

Source (real): https://github.com/zhiyongc/GRU-D/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "h_tilde = tf.tanh(combined @ w_h + b_h)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h = 8, 5, 3, 4
    c = d + h + d

    def var(name, *shape):
        return tf.Variable(rng.normal(0, 0.5, shape), name=name, dtype=tf.float32)

    w_z, w_r, w_h = var("w_z", c, h), var("w_r", c, h), var("w_h", c, h)
    b_h, gamma_h, w_o = var("b_h", h), var("gamma_h", d, h), var("w_o", h, 1)
    observed = (rng.uniform(size=(n, t, d)) < 0.7).astype(np.float32)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype(np.float32),
        "m": observed,
        "delta": rng.uniform(0, 2, (n, t, d)).astype(np.float32),
        "y": rng.normal(size=(n, 1)).astype(np.float32),
    }

    def decay(delta):
        return tf.exp(-tf.nn.relu(delta @ gamma_h))

    def run(step, b):
        hidden = tf.ones((n, h)) * 0.3
        for i in range(t):
            x = b["x"][:, i] * b["m"][:, i]
            hidden = step(x, decay(b["delta"][:, i]) * hidden, b["m"][:, i])
        return tf.reduce_mean(tf.square(hidden @ w_o - b["y"]))

    def paper_step(x, hidden, m):
        inp = tf.concat([x, hidden, m], axis=1)
        z, r = tf.sigmoid(inp @ w_z), tf.sigmoid(inp @ w_r)
        gated = tf.concat([x, r * hidden, m], axis=1)
        return (1.0 - z) * hidden + z * tf.tanh(gated @ w_h + b_h)

    def reference(b):
        return run(paper_step, b)

    def step(x, hidden, m):
        combined = tf.concat([x, hidden, m], axis=1)
        z = tf.sigmoid(combined @ w_z)
        r = tf.sigmoid(combined @ w_r)
        h_tilde = tf.tanh(combined @ w_h + b_h)
        return (1.0 - z) * hidden + z * h_tilde

    def candidate(b):
        return run(step, b)

    return {"variables": [w_z, w_r, w_h, b_h, gamma_h, w_o], "batch": batch,
            "reference": reference, "candidate": candidate}
