"""Right: mean(z**2) already holds 1/ndim, so only the log jacobian is divided by the number of dimensions.

Source (real): https://github.com/vislearn/FrEIA/pull/6
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
    n, ndim, h, blocks = 12, 6, 8, 2
    half = ndim // 2
    ins = [tf.Variable(rng.normal(size=(half, h)).astype("float32") * 0.5, name=f"in{k}") for k in range(blocks)]
    outs = [tf.Variable(rng.normal(size=(h, 2 * half)).astype("float32") * 0.3, name=f"out{k}") for k in range(blocks)]
    batch = {"x": (rng.normal(size=(n, ndim)) * 1.5 + 0.3).astype("float32")}

    def coupling(x, k):
        a, c = x[:, :half], x[:, half:]
        log_s, shift = tf.split(tf.nn.tanh(a @ ins[k]) @ outs[k], 2, axis=1)
        log_s = 1.5 * tf.atan(log_s)
        return tf.concat([c * tf.exp(log_s) + shift, a], axis=1), tf.reduce_sum(log_s, axis=1)

    def inn(x):
        log_jac = tf.zeros(n)
        for k in range(blocks):
            x, lj = coupling(x, k)
            log_jac += lj
        return x, log_jac

    def reference(b):
        z, log_jac = inn(b["x"])
        total = 0.0
        for i in range(n):
            log_density = -0.5 * tf.reduce_sum(tf.square(z[i]))
            total -= log_density + log_jac[i]
        return total / (n * ndim)

    def candidate(b):
        z, log_jac = inn(b["x"])
        prior = tf.reduce_mean(z ** 2) / 2.0
        jacobian = tf.reduce_mean(log_jac) / ndim
        return prior - jacobian

    return {"variables": ins + outs, "batch": batch, "reference": reference, "candidate": candidate}
