"""Torch regressors of sktime return (batch, 1) while targets are (batch,): the squared error is taken over all pairs.
Source: https://github.com/sktime/sktime/issues/10931"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "return tf.reduce_mean(tf.square(y_pred - y))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    n, t, c, f = 6, 10, 2, 4
    conv = keras.layers.Conv1D(f, 3, padding="same", activation="relu", name="conv")
    head = keras.layers.Dense(1, name="head")
    conv.build((None, t, c))
    head.build((None, f))

    def fcn(series):
        return head(tf.reduce_mean(conv(series), axis=1))

    def reference(batch):
        pred = tf.squeeze(fcn(batch["X"]), axis=-1)
        return tf.reduce_mean(tf.square(pred - batch["y"]))

    def candidate(batch):
        y = batch["y"]
        y_pred = fcn(batch["X"])
        return tf.reduce_mean(tf.square(y_pred - y))

    return {"reference": reference, "candidate": candidate,
            "batch": {"X": rng.normal(size=(n, t, c)).astype(fx), "y": (2 * rng.normal(size=n)).astype(fx)},
            "variables": conv.trainable_variables + head.trainable_variables}
