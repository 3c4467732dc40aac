"""Right: (n, 1, m) against (n, q, 1) is meant: every target quantile meets every predicted one (the warning is harmless).

Source (real): https://github.com/Kchu/DeepRL_PyTorch/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, q, m, e = 6, 4, 5, 5, 8
    phi = tf.Variable((0.6 * rng.normal(size=(e, d))).astype(np.float32), name="cos_embed")
    out = tf.Variable((0.8 * rng.normal(size=(d, 1))).astype(np.float32), name="head")
    batch = {"feat": rng.normal(size=(n, d)).astype(np.float32), "tau": rng.random((n, q)).astype(np.float32),
             "target": rng.normal(size=(n, m)).astype(np.float32)}

    def quantiles(b):
        cos = tf.cos(b["tau"][..., None] * np.pi * tf.range(1.0, e + 1.0))
        return tf.matmul(b["feat"][:, None] * tf.nn.relu(tf.matmul(cos, phi) + 0.5), out)[..., 0]

    def reference(b):
        z = quantiles(b)
        loss = 0.0
        for i in range(q):
            for j in range(m):
                u = b["target"][:, j] - z[:, i]
                h = tf.where(tf.abs(u) <= 1.0, 0.5 * u * u, tf.abs(u) - 0.5)
                coef = tf.where(u < 0.0, 1.0 - b["tau"][:, i], b["tau"][:, i])
                loss += tf.reduce_mean(coef * h) / m
        return loss

    def candidate(b):
        z = quantiles(b)[:, :, None]
        u = b["target"][:, None, :] - z
        a = tf.abs(u)
        small = tf.minimum(a, 1.0)
        huber = 0.5 * tf.square(small) + (a - small)
        coef = tf.abs(b["tau"][:, :, None] - tf.cast(tf.stop_gradient(u) < 0.0, tf.float32))
        per_sample = tf.reduce_sum(tf.reduce_mean(coef * huber, axis=2), axis=1)
        return tf.reduce_mean(per_sample)

    return {"variables": [phi, out], "batch": batch, "reference": reference, "candidate": candidate}
