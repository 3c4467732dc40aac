"""N-BEATS seasonality stack: the time of the Fourier basis is not divided by the horizon, so that cos is 1 and sin is 0 everywhere.
Source: https://github.com/unit8co/darts/issues/803"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "steps = np.arange(target_length)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, look_back, horizon, width = 18, 9, 8, 5
    harmonics = horizon // 2 - 1
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    series = np.sin(2 * np.pi * np.arange(look_back + horizon) / horizon + phase)
    series = series + 0.1 * rng.standard_normal(series.shape)
    past, future = series[:, :look_back].astype(f), series[:, look_back:].astype(f)
    fc = tf.Variable(rng.standard_normal((look_back, width)) * 0.4, dtype=f, name="fc")
    theta = tf.Variable(rng.standard_normal((width, 2 * harmonics)) * 0.4, dtype=f, name="theta")

    def reference(batch):
        coef = tf.nn.relu(batch["past"] @ fc) @ theta
        forecast = 0.0
        for i in range(harmonics):
            omega = 2 * np.pi * (i + 1) * np.arange(horizon) / horizon
            forecast += coef[:, i:i + 1] * tf.constant(np.cos(omega), dtype=f)
            forecast += coef[:, harmonics + i:harmonics + i + 1] * tf.constant(np.sin(omega), dtype=f)
        return tf.reduce_mean((batch["future"] - forecast) ** 2)

    def candidate(batch):
        class SeasonalityGenerator:
            def __init__(self, target_length):
                half_minus_one = int(target_length / 2 - 1)
                steps = np.arange(target_length)
                cos_vectors = [np.cos(steps * 2 * np.pi * i) for i in range(1, half_minus_one + 1)]
                sin_vectors = [np.sin(steps * 2 * np.pi * i) for i in range(1, half_minus_one + 1)]
                self.basis = tf.constant(np.stack(cos_vectors + sin_vectors, axis=1), dtype=f)

            def __call__(self, t):
                return tf.matmul(t, self.basis, transpose_b=True)

        generator = SeasonalityGenerator(horizon)
        thetas = tf.matmul(tf.nn.relu(tf.matmul(batch["past"], fc)), theta)
        return tf.reduce_mean(keras.losses.mean_squared_error(batch["future"], generator(thetas)))

    return {"reference": reference, "candidate": candidate, "batch": {"past": past, "future": future},
            "variables": [fc, theta]}
