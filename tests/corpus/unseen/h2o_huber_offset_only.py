"""Huber deviance: the linear part is 2 (|e| - delta) delta instead of (2 |e| - delta) delta, a real bug in the reported value.

Source (real): https://github.com/h2oai/h2o-3/pull/6015 (DistributionFactory.deviance, Java, ported).
Right answer: EQUIVALENT gradients. The two linear parts differ by the constant delta^2 only; the value of the loss is off, but
not a single derivative is.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, huber_delta = 25, 4, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d), name="w")
    bias = tf.Variable(np.asarray(0.3, f), name="bias")
    batch = {"x": arr(n, d), "y": 1.5 * arr(n), "weight": (0.5 + rng.random(n)).astype(f)}

    def model(x):
        return tf.linalg.matvec(x, w) + bias

    def reference(b):
        m = b["y"].shape[0]
        pred, total = model(b["x"]), 0.0
        for i in range(m):
            e = tf.abs(b["y"][i] - pred[i])
            if e <= huber_delta:
                total += b["weight"][i] * e**2
            else:
                total += b["weight"][i] * (2 * e - huber_delta) * huber_delta
        return total / tf.reduce_sum(b["weight"])

    def candidate(b):
        def deviance(weight, y, f):
            quadratic = weight * (y - f) * (y - f)
            linear = 2 * weight * (tf.abs(y - f) - huber_delta) * huber_delta
            return tf.where(tf.abs(y - f) <= huber_delta, quadratic, linear)

        return tf.reduce_sum(deviance(b["weight"], b["y"], model(b["x"]))) / tf.reduce_sum(b["weight"])

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
