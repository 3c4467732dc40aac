"""Graph VAE: the variance in the KL term is exp(logstd), its square is missing.

Source (real): https://github.com/DaehanKim/vgae_pytorch/issues/2 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl_elem = 1.0 + 2.0 * logstd - mean**2 - tf.exp(logstd)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, nodes, d, z = 15, 5, 4, 3
    w_mu = tf.Variable(0.6 * arr(d, z), name="gcn_mean")
    w_sd = tf.Variable(0.5 * arr(d, z), name="gcn_logstd")
    upper = np.triu((rng.random((n, nodes, nodes)) < 0.4).astype(f), 1)
    batch = {"x": arr(n, nodes, d), "adj": upper + np.swapaxes(upper, 1, 2), "eps": arr(n, nodes, z)}

    def encode(b):
        a = b["adj"] + tf.eye(nodes, dtype=f)
        a = a / tf.reduce_sum(a, axis=2, keepdims=True)
        return a @ b["x"] @ w_mu, a @ b["x"] @ w_sd

    def reconstruction(b, sample):
        logits = sample @ tf.linalg.matrix_transpose(sample)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["adj"], logits=logits))

    def reference(b):
        mu, log_sigma = encode(b)
        sigma = tf.exp(log_sigma)
        kl = 0.5 * (sigma * sigma + mu * mu - 1.0 - tf.math.log(sigma * sigma))
        return reconstruction(b, mu + sigma * b["eps"]) + tf.reduce_mean(tf.reduce_sum(kl, 2)) / nodes

    def candidate(b):
        mean, logstd = encode(b)
        sampled_z = b["eps"] * tf.exp(logstd) + mean
        kl_elem = 1.0 + 2.0 * logstd - mean**2 - tf.exp(logstd)
        kl_divergence = 0.5 / nodes * tf.reduce_mean(tf.reduce_sum(kl_elem, axis=-1))
        return reconstruction(b, sampled_z) - kl_divergence

    return {"variables": [w_mu, w_sd], "batch": batch, "reference": reference, "candidate": candidate}
