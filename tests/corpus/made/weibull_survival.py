"""Weibull survival regression: log durations (n,) minus the network's log scale (n, 1).

Source (constructed): the usual Keras two-output survival head; tf.split keeps a trailing axis of one while the
durations come as a flat vector. Right answer: NOT equivalent; log_z is (n, n).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'log_z = tf.math.log(b["t"]) - log_lam',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 26, 5
    head = keras.layers.Dense(2, name="weibull_head", dtype=f)
    head.build((None, d))
    head.set_weights([(0.3 * rng.standard_normal(p.shape)).astype(f) for p in head.get_weights()])
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "t": rng.gamma(2.0, 0.8, n).astype(f) + np.asarray(0.1, f),
        "event": (rng.random(n) < 0.6).astype(f),
    }

    def reference(b):
        m = b["t"].shape[0]
        total = 0.0
        for i in range(m):
            out = head(b["x"][i : i + 1])[0]
            k, lam = tf.exp(out[0]), tf.exp(out[1])
            z = b["t"][i] / lam
            log_hazard = tf.math.log(k / lam) + (k - 1.0) * tf.math.log(z)
            total += b["event"][i] * log_hazard - tf.pow(z, k)
        return -total / m

    @tf.function
    def candidate(b):
        log_k, log_lam = tf.split(head(b["x"]), 2, axis=-1)
        shape = tf.exp(log_k)
        log_z = tf.math.log(b["t"]) - log_lam
        log_hazard = log_k - log_lam + (shape - 1.0) * log_z
        ll = b["event"][:, None] * log_hazard - tf.exp(shape * log_z)
        return -tf.reduce_mean(ll)

    return {"variables": head.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
