"""Consistency model: the loss squares F - stop_gradient(F) - g, and the first difference is always zero.

Source (real): https://github.com/xandergos/sCM-mnist/issues/2 (PyTorch, ported; reported as a bug, "not a bug ... a neat trick").
Right answer: EQUIVALENT to the regression of F onto a fixed target F + g.
"""
import keras
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
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, hid = 20, 4, 6

    w1 = tf.Variable(0.6 * arr(d + 1, hid), name="net_in")
    w2 = tf.Variable(0.6 * arr(hid, d), name="net_out")
    w_var = tf.Variable(0.5 * arr(1, 1), name="logvar_w")
    batch = {
        "x": arr(n, d),
        "t": rng.uniform(0.1, 1.4, (n, 1)).astype(f),
        "tangent": arr(n, d),
    }

    def network(x, t):
        return tf.tanh(tf.concat([x, t], axis=1) @ w1) @ w2

    def reference(b):
        m, dim = b["x"].shape
        total = 0.0
        for i in range(m):
            x, t = b["x"][i : i + 1], b["t"][i : i + 1]
            out = network(x, t)[0]
            g = b["tangent"][i] - tf.cos(t[0]) * tf.stop_gradient(out)
            g = g / (tf.norm(g) + 0.1)
            target = tf.stop_gradient(out + g)
            logvar = (t @ w_var)[0, 0]
            per_dim = (target - out) ** 2 / (tf.exp(logvar) * tf.sin(t[0, 0])) + logvar
            total += tf.reduce_sum(per_dim)
        return total / (m * dim)

    def candidate(b):
        F_theta = network(b["x"], b["t"])
        logvar = b["t"] @ w_var
        F_theta_minus = tf.stop_gradient(F_theta)
        g = b["tangent"] - tf.cos(b["t"]) * F_theta_minus
        g_norm = tf.norm(g, axis=1, keepdims=True)
        g = g / (g_norm + 0.1)
        weight = 1 / tf.sin(b["t"])
        loss = (weight / tf.exp(logvar)) * tf.square(F_theta - F_theta_minus - g) + logvar
        return tf.reduce_mean(loss)

    return {"variables": [w1, w2, w_var], "batch": batch, "reference": reference, "candidate": candidate}
