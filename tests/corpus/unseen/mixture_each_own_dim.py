"""Mixture of normals: component k is evaluated at coordinate k only, not every component at every coordinate.

Source (real): https://github.com/rlouf/blog-benchmark-rwmetropolis/issues/2 (JAX and numpy, ported).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'log_probs = tf.stack([dists[k](x[:, k]) for k in range(4)], axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n = 18

    loc = tf.Variable(arr(4), name="loc")
    log_scale = tf.Variable(0.3 * arr(4), name="log_scale")
    logits = tf.Variable(arr(4), name="logits")
    batch = {"x": 1.5 * arr(n, 4)}

    def reference(b):
        w = tf.nn.softmax(logits)
        total = 0.0
        for row in b["x"]:
            for value in row:
                dens = 0.0
                for k in range(4):
                    s = tf.exp(log_scale[k])
                    dens += w[k] * tf.exp(-0.5 * ((value - loc[k]) / s) ** 2) / (s * np.sqrt(2 * np.pi))
                total -= tf.math.log(dens)
        return total / b["x"].shape[0]

    def candidate(b):
        x = b["x"]

        def norm_logpdf(k):
            return lambda v: (
                -0.5 * tf.square((v - loc[k]) * tf.exp(-log_scale[k])) - log_scale[k] - 0.5 * np.log(2 * np.pi)
            )

        dists = [norm_logpdf(k) for k in range(4)]
        log_probs = tf.stack([dists[k](x[:, k]) for k in range(4)], axis=-1)
        mixed = tf.reduce_logsumexp(tf.nn.log_softmax(logits) + log_probs, axis=-1)
        return -tf.reduce_sum(mixed) / x.shape[0]

    return {"variables": [loc, log_scale, logits], "batch": batch, "reference": reference, "candidate": candidate}
