"""Importance weighted autoencoder: detached normalised weights times log weights, with a maximum taken off first.

Source (real): https://github.com/xqding/Importance_Weighted_Autoencoders/issues/2 (PyTorch, ported; is taking off the maximum
necessary? Only against overflow, says the thread).
Right answer: EQUIVALENT in the gradients: the weights are the softmax of the log weights, which is the derivative of
log mean exp. Only the value of the surrogate differs from the bound.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dx, dz, k = 15, 6, 2, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc_mu = tf.Variable(0.4 * arr(dx, dz), name="enc_mu")
    enc_logvar = tf.Variable(0.2 * arr(dx, dz), name="enc_logvar")
    dec = tf.Variable(0.7 * arr(dz, dx), name="dec")
    batch = {"x": (rng.random((n, dx)) > 0.5).astype(f), "eps": arr(n, k, dz)}
    log2pi = float(np.log(2 * np.pi))

    def reference(b):
        # the bound itself
        mu, logvar = b["x"] @ enc_mu, b["x"] @ enc_logvar
        logw = []
        for s in range(k):
            h = mu + tf.exp(0.5 * logvar) * b["eps"][:, s]
            ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=h @ dec)
            log_q = -0.5 * tf.reduce_sum(tf.square(b["eps"][:, s]) + logvar, axis=1)
            logw.append(-tf.reduce_sum(ce, axis=1) - 0.5 * tf.reduce_sum(h * h, axis=1) - log_q)
        return -tf.reduce_mean(tf.reduce_logsumexp(tf.stack(logw), axis=0) - float(np.log(k)))

    def candidate(b):
        x = b["x"][None]
        mu = x @ enc_mu
        sigma = tf.exp(0.5 * (x @ enc_logvar))
        eps = tf.transpose(b["eps"], [1, 0, 2])
        h = mu + sigma * eps
        log_QhGx = tf.reduce_sum(-0.5 * log2pi - 0.5 * tf.square(eps) - tf.math.log(sigma), axis=-1)
        p = tf.sigmoid(h @ dec)
        log_Ph = tf.reduce_sum(-0.5 * log2pi - 0.5 * tf.square(h), axis=-1)
        log_PxGh = tf.reduce_sum(x * tf.math.log(p) + (1.0 - x) * tf.math.log(1.0 - p), axis=-1)
        log_weight = log_Ph + log_PxGh - log_QhGx
        log_weight = log_weight - tf.reduce_max(log_weight, axis=0)[None]
        weight = tf.exp(log_weight)
        weight = weight / tf.reduce_sum(weight, axis=0)
        weight = tf.stop_gradient(weight)
        return -tf.reduce_mean(tf.reduce_sum(weight * (log_Ph + log_PxGh - log_QhGx), axis=0))

    return {"variables": [enc_mu, enc_logvar, dec], "batch": batch, "reference": reference, "candidate": candidate}
