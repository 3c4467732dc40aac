"""Graph VAE: the encoder outputs log standard deviations, but the KL term treats them as log variances.

Source (real): https://github.com/pyg-team/pytorch_geometric/pull/1368
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl = -0.5 * tf.reduce_sum(1.0 + logstd - tf.square(mu) - tf.exp(logstd), axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, z = 10, 5, 6, 3
    w0 = tf.Variable(rng.normal(0, 0.5, (d, h)), name="w0", dtype=tf.float32)
    w_mu = tf.Variable(rng.normal(0, 0.5, (h, z)), name="w_mu", dtype=tf.float32)
    w_std = tf.Variable(rng.normal(0, 0.5, (h, z)), name="w_std", dtype=tf.float32)
    a = (rng.uniform(size=(n, n)) < 0.3).astype(np.float32)
    a = np.maximum(a, a.T)
    np.fill_diagonal(a, 1.0)
    deg = a.sum(1)
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "adj": a,
        "adj_norm": (a / np.sqrt(deg[:, None] * deg[None])).astype(np.float32),
        "noise": rng.normal(size=(n, z)).astype(np.float32),
    }
    beta = 0.5

    def encode(b):
        hidden = tf.nn.relu(b["adj_norm"] @ (b["x"] @ w0))
        mu = b["adj_norm"] @ (hidden @ w_mu)
        logstd = b["adj_norm"] @ (hidden @ w_std)
        return mu, logstd

    def reconstruct(b, mu, logstd):
        zs = mu + b["noise"] * tf.exp(logstd)
        logits = zs @ tf.transpose(zs)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(b["adj"], logits))

    def reference(b):
        mu, logstd = encode(b)
        kl = -0.5 * tf.reduce_sum(1.0 + 2.0 * logstd - tf.square(mu) - tf.square(tf.exp(logstd)), axis=1)
        return reconstruct(b, mu, logstd) + beta * tf.reduce_mean(kl)

    def candidate(b):
        mu, logstd = encode(b)
        rec = reconstruct(b, mu, logstd)
        kl = -0.5 * tf.reduce_sum(1.0 + logstd - tf.square(mu) - tf.exp(logstd), axis=1)
        return rec + beta * tf.reduce_mean(kl)

    return {"variables": [w0, w_mu, w_std], "batch": batch, "reference": reference, "candidate": candidate}
