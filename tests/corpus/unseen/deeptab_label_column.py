"""Tabular regression: labels that are already a column get a further axis, (B, 1, 1) against predictions (B, 1).

Source (real): https://github.com/OpenTabular/DeepTab/pull/455 (PyTorch, ported; R2 fell from 0.996 to 0.002 without a message).
Right answer: NOT equivalent; the loss compares all pairs of rows.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "labels = tf.expand_dims(tf.cast(y, self.dtype), axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hidden = 30, 6, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hidden), name="w1")
    w2 = tf.Variable(0.5 * arr(hidden, 1), name="w2")
    x = arr(n, d)
    batch = {"num_features": x, "y": (x[:, :1] - 0.5 * x[:, 1:2] + 0.1 * arr(n, 1)).astype(f)}

    def predict(x):
        return tf.nn.selu(x @ w1) @ w2

    def reference(b):
        sq = [tf.square(predict(b["num_features"][i : i + 1])[0, 0] - b["y"][i, 0]) for i in range(n)]
        return tf.add_n(sq) / n

    def candidate(b):
        class TabularDataModule:
            def __init__(self, regression=True):
                self.regression = regression
                self.dtype = b["num_features"].dtype

            def setup(self, y):
                if self.regression:
                    labels = tf.expand_dims(tf.cast(y, self.dtype), axis=1)
                else:
                    labels = tf.reshape(tf.cast(y, tf.int64), [-1])
                return labels

        labels = TabularDataModule().setup(b["y"])
        preds = predict(b["num_features"])
        loss = tf.reduce_mean(tf.square(preds - labels))
        return loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
