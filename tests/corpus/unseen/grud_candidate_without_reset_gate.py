"""The candidate state of the GRU-D cell is computed from the plain hidden state; the reset gate is never used.

Source (real): https://github.com/zhiyongc/GRU-D/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'h_tilde = tf.tanh(combined @ w_h)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, m = 8, 5, 3, 4
    D = 2 * d + m
    w_z, w_r, w_h = var("w_z", D, m), var("w_r", D, m), var("w_h", D, m)
    gamma_x = tf.Variable(rng.uniform(0.2, 0.8, size=(d,)).astype("float32"), name="gamma_x")
    w_y = var("w_y", m, 1)
    batch = {
        "x": arr(n, T, d),
        "m": rng.integers(0, 2, size=(n, T, d)).astype("float32"),
        "delta": rng.uniform(0, 2, size=(n, T, d)).astype("float32"),
        "y": rng.integers(0, 2, size=(n, 1)).astype("float32"),
    }

    def impute(b, t, last):
        m_t, x_t = b["m"][:, t], b["x"][:, t]
        last = m_t * x_t + (1 - m_t) * last
        decay = tf.exp(-tf.nn.relu(gamma_x * b["delta"][:, t]))
        return m_t * x_t + (1 - m_t) * decay * last, m_t, last

    def bce(h, b):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["y"], logits=h @ w_y))

    def reference(b):
        h, last = tf.zeros([n, m]), tf.ones([n, d])
        for t in range(T):
            x, m_t, last = impute(b, t, last)
            gates = tf.sigmoid(tf.concat([x, h, m_t], 1) @ tf.concat([w_z, w_r], axis=1))
            z, r = gates[:, :m], gates[:, m:]
            h = (1 - z) * h + z * tf.tanh(tf.concat([x, r * h, m_t], 1) @ w_h)
        return bce(h, b)

    def candidate(b):
        h, last = tf.zeros([n, m]), tf.ones([n, d])
        for t in range(T):
            x, m_t, last = impute(b, t, last)
            combined = tf.concat([x, h, m_t], axis=1)
            z = tf.sigmoid(combined @ w_z)
            r = tf.sigmoid(combined @ w_r)
            h_tilde = tf.tanh(combined @ w_h)
            h = (1 - z) * h + z * h_tilde
        return bce(h, b)

    return {"variables": [w_z, w_r, w_h, gamma_x, w_y], "batch": batch, "reference": reference, "candidate": candidate}
