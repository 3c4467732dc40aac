"""Heteroscedastic regression: the predicted variance is clipped to a range it always exceeds.

Origin: realistic (a "safety" clip on softplus(variance head) with bounds from normalised data). Not taken from one thread.
Right answer: NOT equivalent; the variance is the constant upper bound and its head gets an exactly zero gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "var = keras.ops.clip(keras.ops.softplus(raw_var), 1e-6, 1e-2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 32, 4, 6

    inp = keras.Input((d,), dtype=f)
    h = keras.layers.Dense(hid, activation="silu", name="hidden", dtype=f)(inp)
    mean_out = keras.layers.Dense(1, name="mean", dtype=f)(h)
    var_out = keras.layers.Dense(1, name="raw_variance", dtype=f)(h)
    model = keras.Model(inp, [mean_out, var_out])
    model.set_weights([0.5 * rng.standard_normal(w.shape).astype(f) for w in model.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.standard_normal((n, 1)).astype(f)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            mu, raw = model(b["x"][i : i + 1])
            v = tf.nn.softplus(raw[0, 0])
            total += 0.5 * tf.math.log(v) + 0.5 * tf.square(b["y"][i, 0] - mu[0, 0]) / v
        return total / m

    def candidate(b):
        mu, raw_var = model(b["x"], training=False)
        var = keras.ops.clip(keras.ops.softplus(raw_var), 1e-6, 1e-2)
        nll = 0.5 * (keras.ops.log(var) + keras.ops.square(b["y"] - mu) / var)
        return keras.ops.mean(nll)

    return {"variables": model.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
