"""Quantile (pinball) regression as a keras.losses.Loss subclass: labels (n,) against Dense(1) output (n, 1).

Origin (realistic): demand-forecast notebook. Keras' built-in losses squeeze the ranks, Loss.call of a subclass does not.
Right answer: NOT equivalent; the residual is (n, n), so every prediction is pulled to the global quantile.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'resid = y_true - y_pred',
    "same_forward_value": False,
}

_TAU = 0.8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 28, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    model = keras.Sequential(
        [
            keras.Input((d,), dtype=f),
            keras.layers.Dense(hid, activation="tanh", name="body", dtype=f),
            keras.layers.Dense(1, name="quantile", dtype=f),
        ]
    )
    model.set_weights([0.6 * arr(*p.shape) for p in model.get_weights()])
    x = arr(n, d)
    batch = {"x": x, "y": (1.5 * x[:, 0] + np.cos(x[:, 2]) + 0.3 * rng.standard_normal(n)).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            e = b["y"][i] - model(b["x"][i : i + 1])[0, 0]
            total += _TAU * e if e > 0 else (_TAU - 1.0) * e
        return total / m

    def candidate(b):
        class Pinball(keras.losses.Loss):
            def call(self, y_true, y_pred):
                resid = y_true - y_pred
                return tf.maximum(_TAU * resid, (_TAU - 1.0) * resid)

        return Pinball(name="pinball")(b["y"], model(b["x"]))

    return {"variables": model.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
