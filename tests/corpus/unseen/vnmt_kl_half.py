"""KL of two Gaussians in log sigma: no factor 1/2 before the logarithms, which is right.

Source (real): https://github.com/XMUDeepLIT/VNMT/issues/5 (Theano, ported; the author of the issue found that the code is right)
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

    n, d, z = 17, 5, 3
    w_prior = tf.Variable(0.2 * arr(d, 2 * z), name="prior")
    w_post = tf.Variable(0.2 * arr(2 * d, 2 * z), name="posterior")
    batch = {"source": arr(n, d), "target": arr(n, d)}

    def heads(b):
        both = tf.concat([b["source"], b["target"]], axis=1)
        return tf.split(b["source"] @ w_prior, 2, axis=1) + tf.split(both @ w_post, 2, axis=1)

    def reference(b):
        mu_p, ls_p, mu_q, ls_q = heads(b)
        lv_p, lv_q = 2.0 * ls_p, 2.0 * ls_q
        ratio = tf.exp(lv_q - lv_p)
        kl = 0.5 * (ratio + (mu_p - mu_q) ** 2 * tf.exp(-lv_p) - 1.0 - (lv_q - lv_p))
        return tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def candidate(b):
        mu_prior, log_sigma_prior, mu_post, log_sigma_post = heads(b)
        sigma_prior, sigma_post = tf.exp(log_sigma_prior), tf.exp(log_sigma_post)
        kl_der_q_p = log_sigma_prior - log_sigma_post
        kl_der_q_p += (sigma_post**2 + (mu_post - mu_prior) ** 2) / (2.0 * sigma_prior**2) - 0.5
        return tf.reduce_sum(kl_der_q_p) / b["source"].shape[0]

    return {"variables": [w_prior, w_post], "batch": batch, "reference": reference, "candidate": candidate}
