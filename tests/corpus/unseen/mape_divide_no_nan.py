"""MapeLoss of darts replaces the NaN and Inf quotients by zero after the division has been done.
Source: https://github.com/unit8co/darts/pull/845"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "result = a / b",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, lookback, horizon = 5, 6, 3
    past = rng.normal(size=(n, lookback)).astype(fx)
    future = rng.normal(size=(n, horizon))
    future[1, 2] = 0.0
    future[3, 0] = 0.0
    block = keras.layers.Dense(5, "relu", name="block")
    forecast = keras.layers.Dense(horizon, name="forecast")
    block.build((None, lookback))
    forecast.build((None, 5))

    def reference(batch):
        pred = forecast(block(batch["past"]))
        ape = tf.math.divide_no_nan(tf.abs(pred - batch["future"]), tf.abs(batch["future"]))
        return tf.reduce_mean(ape)

    def candidate(batch):
        def _divide_no_nan(a, b):
            result = a / b
            zeros = tf.zeros_like(result)
            result = tf.where(tf.math.is_nan(result), zeros, result)
            result = tf.where(tf.math.is_inf(result), zeros, result)
            return result

        def mape_loss(inpt, target):
            return tf.reduce_mean(tf.abs(_divide_no_nan(tf.abs(target - inpt), tf.abs(target))))

        return mape_loss(forecast(block(batch["past"])), batch["future"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"past": past, "future": future.astype(fx)},
            "variables": block.trainable_variables + forecast.trainable_variables}
