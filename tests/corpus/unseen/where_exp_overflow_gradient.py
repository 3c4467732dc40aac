"""PyTorch: where(a <= 0, exp(a), 1 + a) has the right value, but the gradient of the branch that is not taken overflows and becomes nan.
Source: https://github.com/pytorch/pytorch/issues/68425"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'return tf.where(a <= 0, tf.exp(a), 1 + a)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid = 17, 5, 4
    rate = keras.layers.Dense(hid, name="rate")
    out = keras.layers.Dense(1, name="out")
    rate.build((None, d))
    out.build((None, hid))
    scale = np.ones((n, 1))
    scale[::4] = 2000.0                     # some features have not been normalised
    batch = {
        "x": (rng.normal(size=(n, d)) * scale).astype(f),
        "y": rng.normal(size=(n, 1)).astype(f),
    }

    def reference(batch):
        h = rate(batch["x"])
        act = tf.exp(tf.minimum(h, 0.0)) + tf.nn.relu(h)
        e = out(tf.math.log(act + 1.0)) - batch["y"]
        return tf.reduce_sum(tf.math.log(tf.cosh(tf.clip_by_value(e, -20.0, 20.0)))) / n

    class PositiveUnit(keras.layers.Layer):
        def __init__(self, fn, **kwargs):
            super().__init__(**kwargs)
            self.fn = fn

        def call(self, x):
            return self.fn(x)

    def log_cosh(y, p):
        e = p - y
        return tf.abs(e) + tf.math.log1p(tf.exp(-2.0 * tf.abs(e))) - np.log(2.0)

    def candidate(batch):
        def branch(a):
            return tf.where(a <= 0, tf.exp(a), 1 + a)

        hidden = PositiveUnit(branch)(rate(batch["x"]))
        return tf.reduce_mean(log_cosh(batch["y"], out(tf.math.log1p(hidden))))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": rate.trainable_variables + out.trainable_variables}
