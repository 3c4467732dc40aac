"""timesfm: revin guards sigma on the way in, not on the way back, and flat series kill what the backbone forecasts.
Source: https://github.com/google-research/timesfm/issues/522"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "return x * sigma + mu",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, t, h = 5, 8, 4
    tol = 1e-6
    body = keras.layers.Dense(10, activation="gelu", name="body")
    head = keras.layers.Dense(h, name="head")
    body.build((None, t + 1))
    head.build((None, 10))
    level = tf.constant(rng.standard_normal((n, 1)).astype(f))

    def reference(batch):
        ctx = batch["context"]
        mean = tf.reduce_mean(ctx, axis=1, keepdims=True)
        dev = tf.sqrt(tf.reduce_mean((ctx - mean) ** 2, axis=1, keepdims=True))
        scale = tf.where(dev < tol, tf.ones_like(dev), dev)
        z = tf.concat([(ctx - mean) / scale, level], axis=1)
        forecast = head(body(z)) * scale + mean
        return tf.reduce_mean((forecast - batch["future"]) ** 2)

    def candidate(batch):
        def revin(x, mu, sigma, reverse=False):
            if reverse:
                return x * sigma + mu
            return (x - mu) / tf.where(sigma < tol, tf.ones_like(sigma), sigma)

        context = batch["context"]
        mu = tf.reduce_mean(context, axis=-1, keepdims=True)
        sigma = tf.math.reduce_std(context, axis=-1, keepdims=True)
        normed = revin(context, mu, sigma)
        hidden = body(tf.concat([normed, level], axis=-1))
        pred = revin(head(hidden), mu, sigma, reverse=True)
        return tf.reduce_mean(tf.square(pred - batch["future"]))

    flat = np.repeat(rng.integers(-3, 4, (n, 1)), t, axis=1).astype(f)
    return {"reference": reference, "candidate": candidate,
            "batch": {"context": flat, "future": (flat[:, :h] + rng.standard_normal((n, h))).astype(f)},
            "variables": body.trainable_variables + head.trainable_variables}
