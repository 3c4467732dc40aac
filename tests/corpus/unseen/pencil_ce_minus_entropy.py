"""PENCIL (noisy labels): the classification loss subtracts the entropy loss from a cross entropy, although the entropy loss is added again later.

Source (real): https://github.com/ljmiao/PENCIL/issues/5 (PyTorch, ported; suspected as a bug, answered: it is the KL divergence).
Right answer: EQUIVALENT: KL(p || y) = CE(p, y) - H(p).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_ALPHA, _BETA = 0.1, 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, classes = 20, 6, 7, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="hidden_w")
    w2 = tf.Variable(0.6 * arr(hid, classes), name="logits_w")
    transition = tf.Variable((np.eye(classes) + 0.2 * arr(classes, classes)).astype(f), name="label_mix")
    batch = {"x": arr(n, d), "yy": arr(n, classes), "target": rng.integers(0, classes, n)}

    def reference(b):
        p = tf.nn.softmax(tf.tanh(b["x"] @ w1) @ w2)
        y = tf.nn.softmax(b["yy"] @ transition)
        lc = keras.losses.KLDivergence()(p, y)
        lo = keras.losses.SparseCategoricalCrossentropy()(b["target"], y)
        le = keras.losses.CategoricalCrossentropy()(p, p)
        return lc + _ALPHA * lo + _BETA / classes * le

    def candidate(b):
        output = tf.tanh(b["x"] @ w1) @ w2
        last_y_var = tf.nn.softmax(b["yy"] @ transition, axis=1)

        def softmax_times(log_values):
            return tf.reduce_sum(tf.nn.softmax(output, axis=1) * log_values, axis=1)

        rows = tf.range(tf.shape(output)[0], dtype=b["target"].dtype)
        le = -tf.reduce_mean(softmax_times(tf.nn.log_softmax(output, axis=1)))
        lc = -tf.reduce_mean(softmax_times(tf.math.log(last_y_var))) - le
        lo = -tf.reduce_mean(tf.math.log(tf.gather_nd(last_y_var, tf.stack([rows, b["target"]], axis=1))))
        return lc + _ALPHA * lo + _BETA * le / classes

    return {"variables": [w1, w2, transition], "batch": batch, "reference": reference, "candidate": candidate}
