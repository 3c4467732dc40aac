"""Mixture density network on sequences: logsumexp of log-weight + log-density (n, t, k) over time instead of components.

Origin (realistic): handwriting / trajectory model, ported from a static MDN whose component axis was 1.
Right answer: NOT equivalent; it mixes time steps of one component.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'loglik = keras.ops.logsumexp(joint, axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, k = 12, 6, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wp = tf.Variable(0.6 * arr(d, k), name="mix_w")
    wm = tf.Variable(0.8 * arr(d, k), name="mean_w")
    ws = tf.Variable(0.3 * arr(d, k), name="log_sigma_w")
    batch = {"x": arr(n, t, d), "y": arr(n, t)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            for j in range(t):
                x = b["x"][i, j : j + 1]
                pi, mu, sd = tf.nn.softmax(x @ wp)[0], (x @ wm)[0], tf.exp(x @ ws)[0]
                dens = tf.exp(-0.5 * tf.square((b["y"][i, j] - mu) / sd)) / (sd * np.sqrt(2 * np.pi))
                total -= tf.math.log(tf.reduce_sum(pi * dens))
        return total / m

    def candidate(b):
        log_pi, mu, log_sd = (
            keras.ops.log_softmax(keras.ops.matmul(b["x"], wp), axis=-1),
            keras.ops.matmul(b["x"], wm),
            keras.ops.matmul(b["x"], ws),
        )
        z = (b["y"][..., None] - mu) * keras.ops.exp(-log_sd)
        joint = log_pi - 0.5 * keras.ops.square(z) - log_sd - 0.5 * float(np.log(2 * np.pi))
        loglik = keras.ops.logsumexp(joint, axis=1)
        return -keras.ops.mean(keras.ops.sum(loglik, axis=-1))

    return {"variables": [wp, wm, ws], "batch": batch, "reference": reference, "candidate": candidate}
