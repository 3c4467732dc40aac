"""Probabilistic forecast: the standard deviation is handed to a Gaussian NLL that expects the variance.

Source (real): https://github.com/unit8co/darts/pull/1162
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'losses = gaussian_nll(means_out, target, sigmas_out)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, past, horizon = 12, 8, 4
    mu_layer = tf.keras.layers.Dense(horizon, use_bias=False, name="mu")
    sigma_layer = tf.keras.layers.Dense(horizon, activation="softplus", name="sigma")
    mu_layer.build((None, past))
    sigma_layer.build((None, past))
    mu_layer.set_weights([(rng.normal(size=(past, horizon)) * 0.3).astype("float32")])
    sigma_layer.set_weights([(rng.normal(size=(past, horizon)) * 0.3).astype("float32"), np.full(horizon, 0.8, "float32")])
    t = rng.uniform(0, 6, size=(n, 1)) + np.arange(past + horizon) * 0.5
    series = np.sin(t) * 2.0 + rng.normal(size=t.shape) * 0.3
    batch = {
        "past": series[:, :past].astype("float32"),
        "future": series[:, past:].astype("float32"),
        "horizon_weight": np.tile(np.linspace(1.0, 0.5, horizon), (n, 1)).astype("float32"),
    }

    def reference(b):
        mu, sigma = mu_layer(b["past"]), sigma_layer(b["past"])
        log_p = -tf.math.log(sigma) - 0.5 * tf.square((b["future"] - mu) / sigma)
        return -tf.reduce_mean(b["horizon_weight"] * log_p)

    def gaussian_nll(input, target, var, eps=1e-6):
        var = tf.maximum(var, eps)
        return 0.5 * (tf.math.log(var) + tf.square(input - target) / var)

    def params_from_output(b):
        return mu_layer(b["past"]), sigma_layer(b["past"])

    def candidate(b):
        means_out, sigmas_out = params_from_output(b)
        target = b["future"]
        losses = gaussian_nll(means_out, target, sigmas_out)
        losses = losses * b["horizon_weight"]
        return tf.reduce_mean(losses)

    return {"variables": [v.value for v in mu_layer.trainable_variables + sigma_layer.trainable_variables], "batch": batch, "reference": reference, "candidate": candidate}
