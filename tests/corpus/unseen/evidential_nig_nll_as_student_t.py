"""Right: log(pi/nu) in the NIG likelihood, suspected to confuse two nu's, is what the Student-t density with 2*alpha degrees gives.

Source (real): https://github.com/aamini/evidential-deep-learning/issues/10
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 14, 4
    w1 = tf.Variable(rng.normal(size=(d, 8)) * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(8, 4)) * 0.4, name="w2")
    bias = tf.Variable(np.array([0.0, 0.3, 0.5, 0.2]), name="bias")
    batch = {"x": rng.normal(size=(n, d)), "y": rng.normal(size=(n, 1))}
    coeff = 0.05

    def dense_nig(x):
        out = tf.nn.tanh(x @ w1) @ w2 + bias
        mu, logv, loga, logb = tf.split(out, 4, axis=-1)
        return mu, tf.nn.softplus(logv), tf.nn.softplus(loga) + 1.0, tf.nn.softplus(logb)

    def reference(b):
        gamma, v, alpha, beta = dense_nig(b["x"])
        df = 2.0 * alpha
        scale = tf.sqrt(beta * (1.0 + v) / (v * alpha))
        z = (b["y"] - gamma) / scale
        log_p = (tf.math.lgamma((df + 1.0) / 2.0) - tf.math.lgamma(df / 2.0) - 0.5 * tf.math.log(df * math.pi)
                 - tf.math.log(scale) - (df + 1.0) / 2.0 * tf.math.log(1.0 + z ** 2 / df))
        evidence = 2.0 * v + alpha
        return tf.reduce_mean(-log_p) + coeff * tf.reduce_mean(tf.abs(b["y"] - gamma) * evidence)

    def nig_nll(y, gamma, v, alpha, beta):
        twoBlambda = 2.0 * beta * (1.0 + v)
        return (0.5 * tf.math.log(math.pi / v)
                - alpha * tf.math.log(twoBlambda)
                + (alpha + 0.5) * tf.math.log(v * (y - gamma) ** 2 + twoBlambda)
                + tf.math.lgamma(alpha)
                - tf.math.lgamma(alpha + 0.5))

    def candidate(b):
        gamma, v, alpha, beta = dense_nig(b["x"])
        loss_nll = nig_nll(b["y"], gamma, v, alpha, beta)
        loss_reg = tf.abs(b["y"] - gamma) * (2.0 * v + alpha)
        return tf.reduce_mean(loss_nll) + coeff * tf.reduce_mean(loss_reg)

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
