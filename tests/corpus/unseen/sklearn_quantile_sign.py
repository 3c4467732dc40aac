"""Quantile loss: where the prediction is too high, (1 - alpha) * diff is added although diff is negative there.

Source (real): https://github.com/scikit-learn/scikit-learn/issues/8087 (scikit-learn, ported; only the value was used there).
Right answer: NOT equivalent when differentiated; the loss can even be negative.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "+ (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(diff, ~mask))) / y.shape[0]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 33, 4, 6
    quantile = 0.7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="w1")
    w2 = tf.Variable(0.6 * arr(hid, 1), name="w2")
    batch = {"X": arr(n, d), "y": arr(n)}

    def reference(b):
        pred = tf.reshape(tf.nn.tanh(b["X"] @ w1) @ w2, [-1])
        error = b["y"] - pred
        return tf.reduce_mean(tf.maximum(quantile * error, (quantile - 1.0) * error))

    def candidate(b):
        class QuantileLossFunction:
            def __init__(self, alpha=0.9):
                self.alpha = alpha

            def __call__(self, y, pred):
                pred = tf.squeeze(pred, axis=1)
                diff = y - pred
                alpha = self.alpha
                mask = y > pred
                return (alpha * tf.reduce_sum(tf.boolean_mask(diff, mask))
                        + (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(diff, ~mask))) / y.shape[0]

        raw_predictions = tf.matmul(tf.tanh(tf.matmul(b["X"], w1)), w2)
        return QuantileLossFunction(quantile)(b["y"], raw_predictions)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
