"""Causal discovery, Gaussian noise model: log_normal exponentiates its third argument, and the caller has done so already.

Source (real): https://github.com/phlippe/ENCO/issues/1 (PyTorch, ported).
Right answer: NOT equivalent; the network output is taken for log log sigma^2.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "nll = -log_normal(x, y[..., 0], tf.exp(y[..., 1]))",
    "same_forward_value": False,
}

c = -0.5 * np.log(2 * np.pi)


def log_normal(x, mean, log_var, eps=1e-5):
    return -tf.square(x - mean) / (2.0 * tf.exp(log_var) + eps) - log_var / 2.0 + c


class MultivarMLP(keras.layers.Layer):
    """One small network per variable; the mask picks its parents."""

    def __init__(self, hidden, out):
        super().__init__()
        self.hidden, self.out = hidden, out

    def call(self, x, mask):
        inp = x[:, None, :] * mask
        h = tf.nn.leaky_relu(tf.einsum("bvp,vph->bvh", inp, self.hidden))
        return tf.einsum("bvh,vho->bvo", h, self.out)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_vars, hid = 20, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    hidden = tf.Variable(0.6 * arr(num_vars, num_vars, hid), name="hidden")
    out = tf.Variable(0.4 * arr(num_vars, hid, 2), name="out")
    mlp = MultivarMLP(hidden, out)
    mask = rng.integers(0, 2, (n, num_vars, num_vars)) * (1 - np.eye(num_vars, dtype=int))
    batch = {"x": arr(n, num_vars), "mask": mask.astype(f)}

    def reference(b):
        y = mlp(b["x"], b["mask"])
        total = 0.0
        for v in range(num_vars):
            mu, std = y[:, v, 0], tf.exp(0.5 * y[:, v, 1])
            z = (b["x"][:, v] - mu) / std
            total += tf.reduce_mean(0.5 * tf.square(z) + tf.math.log(std) + 0.5 * np.log(2 * np.pi))
        return total

    def candidate(b):
        x = b["x"]
        y = mlp(x, b["mask"])
        nll = -log_normal(x, y[..., 0], tf.exp(y[..., 1]))
        return tf.reduce_mean(tf.reduce_sum(nll, axis=-1))

    return {"variables": [hidden, out], "batch": batch, "reference": reference, "candidate": candidate}
