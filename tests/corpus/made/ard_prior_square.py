"""Bayesian layer with an ARD prior: one precision per input feature, multiplied along the columns instead.

Source (constructed): Bayes by backprop with automatic relevance determination; the weight matrix happens to be
square (6 inputs, 6 units), so (6, 6) times (6,) is accepted and ties the precision to the output unit.
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'quad = prec * (tf.square(sig) + tf.square(mu))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 22, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mu = tf.Variable(0.6 * arr(d, d), name="w_mu")
    rho = tf.Variable(-0.5 + 0.4 * arr(d, d), name="w_rho")
    log_alpha = tf.Variable(0.8 * arr(d), name="log_alpha")
    noise = tf.constant(arr(d, d))
    batch = {"x": arr(n, d), "y": arr(n)}

    def data_term(b, sig):
        pred = tf.reduce_sum(tf.tanh(b["x"] @ (mu + sig * noise)), -1)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def reference(b):
        sig = tf.nn.softplus(rho)
        kl = 0.0
        for i in range(d):
            prior = tf.exp(-0.5 * log_alpha[i])
            ratio = tf.square(sig[i] / prior)
            kl += 0.5 * tf.reduce_sum(ratio + tf.square(mu[i] / prior) - 1.0 - tf.math.log(ratio))
        return data_term(b, sig) + kl / b["y"].shape[0]

    def candidate(b):
        sig, prec = tf.nn.softplus(rho), tf.exp(log_alpha)
        quad = prec * (tf.square(sig) + tf.square(mu))
        entropy = 2.0 * tf.reduce_sum(tf.math.log(sig)) + d * tf.reduce_sum(log_alpha)
        kl = 0.5 * (tf.reduce_sum(quad - 1.0) - entropy)
        return data_term(b, sig) + kl / b["y"].shape[0]

    return {"variables": [mu, rho, log_alpha], "batch": batch, "reference": reference, "candidate": candidate}
