"""Reversible instance norm with a Gaussian likelihood: the raw scale parameter is denormalised like a forecast, with the
mean of the series added. Source: https://github.com/unit8co/darts/issues/2743"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "params = params * std[..., None] + mean[..., None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, lag, horizon = 5, 8, 3
    w = tf.Variable((0.3 * rng.normal(size=(lag, horizon * 2))).astype(fx), name="nlinear_w")
    b = tf.Variable((0.2 * rng.normal(size=(horizon * 2,))).astype(fx), name="nlinear_b")
    gamma = tf.Variable(np.array(1.2, dtype=fx), name="rin_weight")
    level = rng.uniform(0.5, 3.0, size=(n, 1))

    def reference(batch):
        x, y = batch["past"], batch["future"]
        m = tf.reduce_mean(x, 1, keepdims=True)
        s = tf.sqrt(tf.reduce_mean((x - m) ** 2, 1, keepdims=True) + 1e-5)
        out = tf.reshape(gamma * (x - m) / s @ w + b, (n, horizon, 2))
        loc = m + s * out[..., 0] / gamma
        sigma = tf.nn.softplus(out[..., 1])
        nll = 0.5 * ((y - loc) / sigma) ** 2 + tf.math.log(sigma) + 0.5 * np.log(2 * np.pi)
        return tf.reduce_mean(nll)

    def candidate(batch):
        past, future = batch["past"], batch["future"]
        mean = tf.reduce_mean(past, axis=1, keepdims=True)
        std = tf.sqrt(tf.math.reduce_variance(past, axis=1, keepdims=True) + 1e-5)
        normed = (past - mean) / std * gamma
        params = tf.reshape(tf.matmul(normed, w) + b, (-1, horizon, 2))
        params = params / tf.stack([gamma, tf.ones_like(gamma)])
        params = params * std[..., None] + mean[..., None]
        mu, raw_sigma = params[..., 0], params[..., 1]
        sigma = tf.math.softplus(raw_sigma)
        log_prob = -0.5 * tf.square((future - mu) / sigma) - tf.math.log(sigma) - 0.5 * np.log(2 * np.pi)
        return -tf.reduce_mean(log_prob)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "past": (level + rng.normal(size=(n, lag))).astype(fx),
            "future": (level + rng.normal(size=(n, horizon))).astype(fx),
        },
        "variables": [w, b, gamma],
    }
