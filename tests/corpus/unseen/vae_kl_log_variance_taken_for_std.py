"""The KL term squares the predicted log variance as if it were the standard deviation.

Source (real): https://github.com/deepchem/deepchem/pull/4888
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'kl = 0.5 * tf.reduce_mean(mu ** 2 + logvar ** 2 - tf.math.log(1e-20 + logvar ** 2) - 1.0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z_dim = 10, 7, 3
    mk = lambda name, *s: tf.Variable((0.4 * rng.normal(size=s)).astype(np.float32), name=name)
    enc, w_mu, w_lv, dec = mk("enc", d, 5), mk("w_mu", 5, z_dim), mk("w_lv", 5, z_dim), mk("dec", z_dim, d)
    b_lv = tf.Variable(np.full(z_dim, -1.6, np.float32), name="b_lv")
    batch = {
        "x": (rng.random((n, d)) < 0.5).astype(np.float32),
        "noise": rng.normal(size=(n, z_dim)).astype(np.float32),
    }

    def encode(x):
        hidden = tf.tanh(x @ enc)
        return hidden @ w_mu, 0.5 * hidden @ w_lv + b_lv

    def reconstruction(z, x):
        logits = z @ dec
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))

    def reference(b):
        mean, log_var = encode(b["x"])
        z = mean + tf.exp(0.5 * log_var) * b["noise"]
        divergence = tf.reduce_mean(0.5 * (tf.square(mean) + tf.exp(log_var) - log_var - 1.0))
        return reconstruction(z, b["x"]) + divergence

    def candidate(b):
        mu, logvar = encode(b["x"])
        std = tf.sqrt(tf.exp(logvar))
        rec = reconstruction(mu + std * b["noise"], b["x"])
        kl = 0.5 * tf.reduce_mean(mu ** 2 + logvar ** 2 - tf.math.log(1e-20 + logvar ** 2) - 1.0)
        return rec + kl

    return {"variables": [enc, w_mu, w_lv, dec, b_lv], "batch": batch, "reference": reference, "candidate": candidate}
