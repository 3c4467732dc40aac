"""Mixture density: the component densities are exponentiated and added before the logarithm, and all of them underflow for an outlier.

Source (real): https://github.com/diana-hep/carl/issues/13 (Theano, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "pdf = tf.reduce_sum(weights * tf.exp(log_components), axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, comps = 19, 4, 3
    w_loc = tf.Variable(0.5 * arr(d, comps), name="locations")
    w_scale = tf.Variable(0.2 * arr(d, comps), name="log_scales")
    mix = tf.Variable(0.4 * arr(comps), name="mixture_logits")
    y = arr(n)
    y[7] = 150.0
    batch = {"x": np.clip(arr(n, d), -1.5, 1.5), "y": y}

    def reference(b):
        total = 0.0
        for x, y in zip(b["x"], b["y"]):
            parts = []
            for k in range(comps):
                mu, ls = tf.tensordot(x, w_loc[:, k], 1), tf.tensordot(x, w_scale[:, k], 1)
                log_normal = -0.5 * ((y - mu) / tf.exp(ls)) ** 2 - ls - 0.5 * np.log(2.0 * np.pi)
                parts.append(mix[k] - tf.reduce_logsumexp(mix) + log_normal)
            total -= tf.reduce_logsumexp(tf.stack(parts))
        return total / len(b["y"])

    def candidate(b):
        weights = tf.nn.softmax(mix)
        loc, log_scale = b["x"] @ w_loc, b["x"] @ w_scale
        z = (b["y"][:, None] - loc) * tf.exp(-log_scale)
        log_components = -0.5 * z**2 - log_scale - 0.5 * np.log(2.0 * np.pi)
        pdf = tf.reduce_sum(weights * tf.exp(log_components), axis=1)
        nll = -tf.math.log(pdf)
        return tf.reduce_mean(nll)

    return {"variables": [w_loc, w_scale, mix], "batch": batch, "reference": reference, "candidate": candidate}
