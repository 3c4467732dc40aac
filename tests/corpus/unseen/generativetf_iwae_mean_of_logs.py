"""Importance weighted autoencoder: the mean over the k samples is taken of the logs, not inside the log.

Source (real): https://github.com/arahuja/generative-tf/issues/1 (TensorFlow 1, ported; the reader of the code compares it with
equation 8 of the paper).
Right answer: NOT equivalent; what is optimised is the ordinary ELBO with k samples.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_likelihood = tf.reduce_mean(log_weights, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dx, dz, k = 18, 6, 2, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc_mu = tf.Variable(0.4 * arr(dx, dz), name="enc_mu")
    enc_ls = tf.Variable(0.2 * arr(dx, dz), name="enc_log_sigma")
    dec = tf.Variable(0.8 * arr(dz, dx), name="dec")
    batch = {"x": (rng.random((n, dx)) > 0.5).astype(f), "eps": arr(n, k, dz)}

    def log_normal(z, mu, log_sigma):
        return tf.reduce_sum(-0.5 * tf.square((z - mu) / tf.exp(log_sigma)) - log_sigma, axis=-1)

    def reference(b):
        mu, ls = b["x"] @ enc_mu, b["x"] @ enc_ls
        w = []
        for s in range(k):
            z = mu + tf.exp(ls) * b["eps"][:, s]
            p = tf.sigmoid(z @ dec)
            px = tf.reduce_prod(tf.where(b["x"] > 0.5, p, 1.0 - p), axis=1)
            w.append(px * tf.exp(log_normal(z, 0.0, tf.zeros_like(z)) - log_normal(z, mu, ls)))
        return -tf.reduce_mean(tf.math.log(tf.add_n(w) / k))

    def candidate(b):
        mu = tf.expand_dims(b["x"] @ enc_mu, 1)
        log_sigma = tf.expand_dims(b["x"] @ enc_ls, 1)
        z = mu + tf.exp(log_sigma) * b["eps"]
        logits = tf.einsum("bkz,zx->bkx", z, dec)
        x = tf.tile(b["x"][:, None], [1, k, 1])
        log_px = -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits), axis=-1)
        log_pz = tf.reduce_sum(-0.5 * tf.square(z), axis=-1)
        log_qz = log_normal(z, mu, log_sigma)
        log_weights = log_px + log_pz - log_qz
        log_likelihood = tf.reduce_mean(log_weights, axis=1)
        return -tf.reduce_mean(log_likelihood)

    return {"variables": [enc_mu, enc_ls, dec], "batch": batch, "reference": reference, "candidate": candidate}
