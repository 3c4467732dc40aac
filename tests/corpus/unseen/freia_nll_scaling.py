"""Invertible network's NLL: 0.5 * mean(z**2) - mean(log_jac) / ndim was 'fixed' in a pull request for a missing 1/ndim; the mean
over z holds it already, the old loss was right. Source: https://github.com/vislearn/FrEIA/pull/6"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


class GlowCoupling(tf.Module):
    def __init__(self, dim, hidden, rng, clamp=2.0):
        super().__init__()
        self.split1, self.split2 = dim // 2, dim - dim // 2
        self.clamp = clamp
        self.w1 = tf.Variable(rng.normal(scale=0.4, size=(self.split1, hidden)).astype("float32"))
        self.b1 = tf.Variable(np.zeros(hidden, "float32"))
        self.w2 = tf.Variable(rng.normal(scale=0.4, size=(hidden, 2 * self.split2)).astype("float32"))
        self.perm = rng.permutation(dim)

    def __call__(self, x):
        x = tf.gather(x, self.perm, axis=1)
        x1, x2 = x[:, :self.split1], x[:, self.split1:]
        s, t = tf.split(tf.nn.elu(x1 @ self.w1 + self.b1) @ self.w2, 2, axis=1)
        log_s = self.clamp * 0.636 * tf.atan(s)
        return tf.concat([x1, x2 * tf.exp(log_s) + t], axis=1), tf.reduce_sum(log_s, axis=1)


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, ndim_total = 10, 6
    x = (rng.normal(size=(n, ndim_total)) * rng.uniform(0.5, 2, size=ndim_total)).astype("float32")
    blocks = [GlowCoupling(ndim_total, 8, rng) for _ in range(3)]

    def inn(x):
        log_jac = tf.zeros([x.shape[0]])
        for block in blocks:
            x, lj = block(x)
            log_jac += lj
        return x, log_jac

    def reference(batch):
        z, log_jac = inn(batch["x"])
        total = 0.0
        for i in range(n):
            nll_i = 0.5 * tf.reduce_sum(z[i] ** 2) - log_jac[i]
            total += nll_i / ndim_total
        return total / n

    def candidate(batch):
        z, log_jac = inn(batch["x"])
        l = 0.5 * tf.reduce_mean(z ** 2) - tf.reduce_mean(log_jac) / ndim_total
        return l

    return {"reference": reference, "candidate": candidate, "batch": {"x": x},
            "variables": [v for b in blocks for v in b.trainable_variables]}
