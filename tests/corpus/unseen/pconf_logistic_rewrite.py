"""Positive-confidence classification: the code minimises -g + l(-g) / r, the paper writes l(g) + l(-g) (1 - r) / r.

Source (real): https://github.com/takashiishida/pconf/issues/3 (PyTorch, ported; "the results are different, why?").
Right answer: EQUIVALENT. With the logistic loss l(g) - l(-g) = -g, so both are the same function.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 26, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="w1")
    w2 = tf.Variable(0.7 * arr(hid, 1), name="w2")
    bias = tf.Variable(0.2 * arr(1), name="bias")
    batch = {"inputs": arr(n, d), "confidence": rng.uniform(0.2, 0.98, (n, 1)).astype(f)}

    def model(x):
        return tf.nn.relu(x @ w1) @ w2 + bias

    def reference(b):
        g, r = model(b["inputs"]), b["confidence"]
        as_positive = tf.math.log1p(tf.exp(-g))
        as_negative = tf.math.log1p(tf.exp(g))
        return tf.reduce_sum(as_positive + as_negative * (1.0 - r) / r)

    def candidate(b):
        negative_logistic = tf.math.log_sigmoid
        out = model(b["inputs"])
        logistic = -1. * negative_logistic(-1. * out)
        loss = tf.reduce_sum(-out + logistic * 1. / b["confidence"])
        return loss

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
