"""Weighted log-likelihood: sample weights (n,) times log-likelihoods (n, 1).

Source (real): https://github.com/gradientinstitute/aboleth/issues/144 (TensorFlow; training weights in the loss "may be
increasing the rank of the summand").
Right answer: NOT equivalent; the (n, n) product averages to mean(weight) * mean(log-likelihood).
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'terms = tf.multiply(b["weight"], log_lik(b["y"], b["x"] @ w))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 33, 5
    w = tf.Variable((0.5 * rng.standard_normal((d, 1))).astype(f), name="mean_w")
    log_noise = tf.Variable(np.asarray(0.2, f), name="log_noise")
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "y": rng.standard_normal((n, 1)).astype(f),
        "weight": rng.gamma(0.6, 1.5, n).astype(f),
    }

    def log_lik(y, mean):
        return -0.5 * tf.square((y - mean) * tf.exp(-log_noise)) - log_noise

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            total -= b["weight"][i] * log_lik(b["y"][i, 0], (b["x"][i : i + 1] @ w)[0, 0])
        return total / m

    def candidate(b):
        terms = tf.multiply(b["weight"], log_lik(b["y"], b["x"] @ w))
        return tf.reduce_mean(-terms)

    return {"variables": [w, log_noise], "batch": batch, "reference": reference, "candidate": candidate}
