"""The log-variance of a collaborative-filtering VAE is cut from the same columns as the mean.

Source (real): https://github.com/kaist-dmlab/TRAP/pull/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "logvar_q = h[:, :latent]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, items, hidden, latent = 10, 12, 8, 3
    anneal = 0.3
    enc1 = tf.Variable(rng.normal(0, 0.5, (items, hidden)).astype("float32"), name="q_w0")
    enc2 = tf.Variable(rng.normal(0, 0.5, (hidden, 2 * latent)).astype("float32"), name="q_w1")
    dec = tf.Variable(rng.normal(0, 0.5, (latent, items)).astype("float32"), name="p_w0")
    clicks = (rng.uniform(size=(n, items)) < 0.35).astype("float32")
    clicks[:, 0] = 1.0
    batch = {"clicks": clicks, "eps": rng.normal(0, 1, (n, latent)).astype("float32")}

    def hidden_layer(x):
        return tf.nn.tanh(tf.math.l2_normalize(x, axis=1) @ enc1) @ enc2

    def reference(b):
        mu, logvar = tf.split(hidden_layer(b["clicks"]), 2, axis=1)
        z = mu + tf.exp(0.5 * logvar) * b["eps"]
        nll = -tf.reduce_mean(tf.reduce_sum(tf.nn.log_softmax(z @ dec) * b["clicks"], axis=1))
        kl = 0.5 * tf.reduce_sum(tf.exp(logvar) + mu ** 2 - 1.0 - logvar, axis=1)
        return nll + anneal * tf.reduce_mean(kl)

    def candidate(b):
        h = hidden_layer(b["clicks"])
        mu_q = h[:, :latent]
        logvar_q = h[:, :latent]
        std_q = tf.exp(0.5 * logvar_q)
        kl = tf.reduce_mean(tf.reduce_sum(0.5 * (-logvar_q + tf.exp(logvar_q) + mu_q ** 2 - 1.0), axis=1))
        sampled = mu_q + b["eps"] * std_q
        log_softmax_var = tf.nn.log_softmax(sampled @ dec)
        neg_ll = -tf.reduce_mean(tf.reduce_sum(log_softmax_var * b["clicks"], axis=-1))
        return neg_ll + anneal * kl

    return {"variables": [enc1, enc2, dec], "batch": batch, "reference": reference, "candidate": candidate}
