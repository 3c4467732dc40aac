"""Affine coupling flow: x is split into even and odd columns, but the result is put side by side instead of being interleaved again.

Source (real): https://github.com/karpathy/pytorch-normalizing-flows/issues/10 (PyTorch, ported; AffineHalfFlow in flows.py).
Right answer: NOT equivalent to the interleaved flow: the layers after the first condition on other columns (with one layer it would not matter).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "z = tf.concat([z0, z1], axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dim, layers = 26, 4, 3
    half = dim // 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    s_w = tf.Variable(0.4 * arr(layers, half, half), name="scale_net")
    t_w = tf.Variable(0.6 * arr(layers, half, half), name="shift_net")
    batch = {"x": arr(n, dim) * np.array([1.0, 0.5, 2.0, 0.7], f)}

    def prior(z):
        return -0.5 * tf.reduce_sum(tf.square(z), -1) - 0.5 * dim * np.log(2.0 * np.pi)

    def reference(b):
        cols = [b["x"][:, k] for k in range(dim)]
        log_det = 0.0
        for layer in range(layers):
            fixed = [2 * k + (layer % 2) for k in range(half)]
            moved = [2 * k + 1 - (layer % 2) for k in range(half)]
            cond = tf.stack([cols[k] for k in fixed], 1)
            s = tf.tanh(cond @ s_w[layer])
            t = cond @ t_w[layer]
            for slot, k in enumerate(moved):
                cols[k] = tf.exp(s[:, slot]) * cols[k] + t[:, slot]
                log_det += s[:, slot]
        return -tf.reduce_mean(prior(tf.stack(cols, 1)) + log_det)

    def candidate(b):
        class AffineHalfFlow:
            def __init__(self, index):
                self.parity = index % 2
                self.s_cond = lambda x: tf.tanh(x @ s_w[index])
                self.t_cond = lambda x: x @ t_w[index]

            def forward(self, x):
                x0, x1 = x[:, ::2], x[:, 1::2]
                if self.parity:
                    x0, x1 = x1, x0
                s = self.s_cond(x0)
                t = self.t_cond(x0)
                z0 = x0
                z1 = tf.exp(s) * x1 + t
                if self.parity:
                    z0, z1 = z1, z0
                z = tf.concat([z0, z1], axis=1)
                log_det = tf.reduce_sum(s, axis=1)
                return z, log_det

        flows = [AffineHalfFlow(i) for i in range(layers)]
        z, log_det = b["x"], tf.zeros(b["x"].shape[0], b["x"].dtype)
        for flow in flows:
            z, ld = flow.forward(z)
            log_det += ld
        return -tf.reduce_mean(prior(z) + log_det)

    return {"variables": [s_w, t_w], "batch": batch, "reference": reference, "candidate": candidate}
