"""The sampling direction of an affine autoregressive layer returns -sum(a) as its log determinant, as the density direction does.

Source (real): https://github.com/ikostrikov/pytorch-flows/issues/16
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'return x, -tf.reduce_sum(tf.stack(scales, 1), axis=-1, keepdims=True)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 16, 3
    w_m = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.5, name="w_m")
    w_a = tf.Variable(rng.normal(size=(d, d)).astype("float32") * 0.3, name="w_a")
    b_a = tf.Variable(rng.normal(size=(d,)).astype("float32") * 0.3, name="b_a")
    batch = {"u": rng.normal(size=(n, d)).astype("float32"), "u2": rng.normal(size=(n, d)).astype("float32")}

    def log_target(x):
        ring = -2.0 * tf.square(tf.norm(x[:, :2], axis=1) - 1.5)
        return ring - 0.5 * tf.square(x[:, 2] - 0.5 * x[:, 0])

    def log_base(u):
        return -0.5 * tf.reduce_sum(u ** 2, -1)

    def reference(b):
        loss = 0.0
        for key in ("u", "u2"):
            u = b[key]
            x = tf.zeros((n, 0))
            log_q = log_base(u)
            for i in range(d):
                m = tf.linalg.matvec(x, w_m[:i, i])
                a = tf.tanh(tf.linalg.matvec(x, w_a[:i, i]) + b_a[i])
                x = tf.concat([x, (u[:, i] * tf.exp(a) + m)[:, None]], 1)
                log_q -= a
            loss += tf.reduce_mean(log_q - log_target(x))
        return loss / 2.0

    def made_inverse(inputs):
        cols, scales = [], []
        for i in range(d):
            prev = tf.stack(cols, 1) if cols else tf.zeros((n, 0))
            m_i = tf.linalg.matvec(prev, w_m[:i, i])
            a_i = tf.tanh(tf.linalg.matvec(prev, w_a[:i, i]) + b_a[i])
            cols.append(inputs[:, i] * tf.exp(a_i) + m_i)
            scales.append(a_i)
        x = tf.stack(cols, 1)
        return x, -tf.reduce_sum(tf.stack(scales, 1), axis=-1, keepdims=True)

    def candidate(b):
        inputs = tf.concat([b["u"], b["u2"]], 0)
        x1, logdet1 = made_inverse(inputs[:n])
        x2, logdet2 = made_inverse(inputs[n:])
        samples, logdet = tf.concat([x1, x2], 0), tf.concat([logdet1, logdet2], 0)
        log_q = log_base(inputs) - logdet[:, 0]
        reverse_kl = tf.reduce_mean(log_q - log_target(samples))
        return reverse_kl

    return {"variables": [w_m, w_a, b_a], "batch": batch, "reference": reference, "candidate": candidate}
