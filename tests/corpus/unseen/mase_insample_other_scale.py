"""MASE: forecast and target are brought back to the original scale, the in-sample series that gives the denominator stays normalised.
Source: https://github.com/Nixtla/neuralforecast/pull/1447"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return mase(y=batch['outsample'], y_hat=y_hat, y_insample=insample_y)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, look_back, horizon, season = 14, 8, 3, 2
    level, spread = rng.uniform(5, 20, (n, 1)), rng.uniform(2, 9, (n, 1))
    series = (level + spread * rng.standard_normal((n, look_back + horizon))).astype(f)
    insample, outsample = series[:, :look_back], series[:, look_back:]
    w = tf.Variable(rng.standard_normal((look_back, horizon)) * 0.4, dtype=f, name="w")
    b = tf.Variable(rng.standard_normal((horizon,)) * 0.3, dtype=f, name="b")

    def reference(batch):
        past, future = batch["insample"], batch["outsample"]
        mu, var = tf.nn.moments(past, axes=[1], keepdims=True)
        sd = tf.sqrt(var)
        forecast = ((past - mu) / sd @ w + b) * sd + mu
        naive = tf.reduce_mean(tf.abs(past[:, season:] - past[:, :-season]), axis=1)
        return tf.reduce_mean(tf.reduce_mean(tf.abs(forecast - future), axis=1) / naive)

    def candidate(batch):
        class TemporalNorm:
            def fit(self, values):
                self.x_shift = tf.reduce_mean(values, axis=1, keepdims=True)
                self.x_scale = tf.math.reduce_std(values, axis=1, keepdims=True)
                return self

            def transform(self, values):
                return (values - self.x_shift) / self.x_scale

            def inverse_transform(self, values):
                return values * self.x_scale + self.x_shift

        class MASE:
            def __init__(self, seasonality):
                self.seasonality = seasonality

            def __call__(self, y, y_hat, y_insample):
                delta_y = tf.abs(y - y_hat)
                lagged = y_insample[:, :-self.seasonality]
                scale = tf.reduce_mean(tf.abs(y_insample[:, self.seasonality:] - lagged), axis=1)
                return tf.reduce_mean(delta_y / scale[:, None])

        scaler = TemporalNorm().fit(batch["insample"])
        mase = MASE(season)
        insample_y = scaler.transform(batch["insample"])
        y_hat = scaler.inverse_transform(tf.matmul(insample_y, w) + b)
        return mase(y=batch['outsample'], y_hat=y_hat, y_insample=insample_y)

    return {"reference": reference, "candidate": candidate,
            "batch": {"insample": insample, "outsample": outsample}, "variables": [w, b]}
