"""VAE: the closed form of the paper is -KLD, and the code has another minus sign before it.

Source (real): https://github.com/pytorch/examples/issues/824 (PyTorch, ported; the loss is the negative ELBO, so the sign is right)
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z = 18, 6, 2
    enc_mu = tf.Variable(0.5 * arr(d, z), name="fc21")
    enc_lv = tf.Variable(0.3 * arr(d, z), name="fc22")
    dec = tf.Variable(0.6 * arr(z, d), name="fc4")
    batch = {"x": rng.random((n, d)).astype(f), "eps": arr(n, z)}

    def reference(b):
        total = 0.0
        for x, e in zip(b["x"], b["eps"]):
            m = tf.linalg.matvec(enc_mu, x, transpose_a=True)
            s = tf.exp(tf.linalg.matvec(enc_lv, x, transpose_a=True) / 2.0)
            p = tf.sigmoid(tf.linalg.matvec(dec, m + s * e, transpose_a=True))
            loglik = tf.reduce_sum(x * tf.math.log(p) + (1.0 - x) * tf.math.log(1.0 - p))
            kl = tf.reduce_sum((m**2 + s**2 - 1.0) / 2.0 - tf.math.log(s))
            total += kl - loglik
        return total

    def candidate(b):
        mu, logvar = b["x"] @ enc_mu, b["x"] @ enc_lv
        logits = (mu + b["eps"] * tf.exp(0.5 * logvar)) @ dec
        bce = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=logits))
        kld = -0.5 * tf.reduce_sum(1.0 + logvar - mu**2 - tf.exp(logvar))
        return bce + kld

    return {"variables": [enc_mu, enc_lv, dec], "batch": batch, "reference": reference, "candidate": candidate}
