"""Quantile loss: the maximum is taken over q * |err| and (q - 1) * |err|, so the side of the error is lost.

Source (real): https://github.com/Nixtla/utilsforecast/pull/63 (pandas / polars, ported).
Right answer: NOT equivalent. max(q a, (q - 1) a) with a >= 0 is always q a: a scaled mean absolute error for every quantile.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "delta_y = tf.abs(y_hat - y)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, lags, horizon = 24, 6, 4
    quantiles = (0.1, 0.5, 0.9)

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    trunk = tf.Variable(0.5 * arr(lags, 5), name="trunk")
    heads = [tf.Variable(0.4 * arr(5, horizon), name=f"head_{int(100 * q)}") for q in quantiles]
    batch = {"insample": arr(n, lags), "outsample": arr(n, horizon)}

    def forecast(window):
        h = tf.tanh(window @ trunk)
        return [h @ w for w in heads]

    def reference(b):
        total = 0.0
        for q, y_hat in zip(quantiles, forecast(b["insample"])):
            under = tf.nn.relu(b["outsample"] - y_hat)
            over = tf.nn.relu(y_hat - b["outsample"])
            total += tf.reduce_mean(q * under + (1.0 - q) * over)
        return total / len(quantiles)

    def candidate(b):
        def quantile_loss(y, y_hat, q):
            delta_y = tf.abs(y_hat - y)
            return tf.reduce_mean(tf.maximum(q * delta_y, (q - 1.0) * delta_y))

        losses = [quantile_loss(b["outsample"], p, q) for q, p in zip(quantiles, forecast(b["insample"]))]
        return tf.add_n(losses) / len(losses)

    return {"variables": [trunk, *heads], "batch": batch, "reference": reference, "candidate": candidate}
