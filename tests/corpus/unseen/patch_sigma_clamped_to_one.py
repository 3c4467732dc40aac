"""Forecasting model that normalises each series by its masked mean and standard deviation. A deviation below the tolerance is set to 1 instead of to the tolerance, which flattens quiet series.
Source: https://github.com/vincent05r/FinCast-fts/pull/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'std = tf.where(std < tolerance, tf.ones_like(std), std)',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, h, p = 16, 8, 3, 5
    w1 = tf.Variable(0.5 * rng.normal(size=(T, p)), dtype=f, name="w1")
    w2 = tf.Variable(0.5 * rng.normal(size=(p, h)), dtype=f, name="w2")
    b2 = tf.Variable(0.1 * rng.normal(size=(h,)), dtype=f, name="b2")
    vol = np.where(np.arange(n) % 2 == 0, 1.0, 6e-3)[:, None]
    level = rng.normal(size=(n, 1))
    batch = {
        "past": (level + vol * rng.normal(size=(n, T))).astype(f),
        "future": (level + vol * rng.normal(size=(n, h))).astype(f),
        "padding": (np.arange(T)[None] < rng.integers(0, 4, size=(n, 1))).astype(f),
    }
    tolerance = 1e-2

    def reference(batch):
        keep = 1.0 - batch["padding"]
        count = tf.reduce_sum(keep, 1, keepdims=True)
        mu = tf.reduce_sum(batch["past"] * keep, 1, keepdims=True) / count
        centred = (batch["past"] - mu) * keep
        sigma = tf.maximum(tf.sqrt(tf.reduce_sum(centred ** 2, 1, keepdims=True) / count), tolerance)
        pred = tf.tanh(centred / sigma @ w1) @ w2 + b2
        return tf.reduce_mean((pred - (batch["future"] - mu) / sigma) ** 2)

    def candidate(batch):
        def masked_mean_std(inputs, padding):
            valid = 1.0 - padding
            num = tf.maximum(tf.reduce_sum(valid, axis=1), 1.0)
            mean = tf.einsum("nt,nt->n", inputs, valid) / num
            var = tf.einsum("nt,nt->n", tf.square(inputs - mean[:, None]), valid) / num
            return mean, tf.sqrt(var)

        def forward_transform(inputs, padding):
            mean, std = masked_mean_std(inputs, padding)
            std = tf.where(std < tolerance, tf.ones_like(std), std)
            out = (inputs - mean[:, None]) / std[:, None]
            return tf.where(padding > 0.5, tf.zeros_like(out), out), (mean, std)

        z, (loc, scale) = forward_transform(batch["past"], batch["padding"])
        hidden = keras.activations.tanh(tf.matmul(z, w1))
        forecast = tf.matmul(hidden, w2) + b2
        target = (batch["future"] - loc[:, None]) / scale[:, None]
        return tf.reduce_mean(tf.math.squared_difference(forecast, target))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2, b2]}
