"""N-BEATS MASE: the seasonal error is already a mean, and is multiplied by 1/(T - m) once more.
Source: https://github.com/awslabs/gluonts/pull/1288"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "seasonal_error = factor * tf.reduce_mean(naive, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, past_len, horizon, period, units = 4, 9, 3, 2, 6
    fc = tf.Variable((0.4 * rng.normal(size=(past_len, units))).astype(fx), name="fc")
    fc_b = tf.Variable((0.2 * rng.normal(size=(units,))).astype(fx), name="fc_bias")
    theta = tf.Variable((0.4 * rng.normal(size=(units, past_len + horizon))).astype(fx), name="theta")
    last = tf.Variable((0.3 * rng.normal(size=(past_len, horizon))).astype(fx), name="second_block")

    def forecast(past):
        both = tf.nn.relu(past @ fc + fc_b) @ theta
        backcast, first = both[:, :past_len], both[:, past_len:]
        return first + (past - backcast) @ last

    def reference(batch):
        past, future = batch["past"], batch["future"]
        out = forecast(past)
        scores = []
        for i in range(n):
            scale = tf.reduce_mean(tf.abs(past[i, period:] - past[i, :-period]))
            scores.append(tf.reduce_mean(tf.abs(future[i] - out[i])) / scale)
        mase = tf.reduce_mean(tf.stack(scores))
        smooth = tf.reduce_mean((out[:, 1:] - out[:, :-1]) ** 2)
        return mase + 0.1 * smooth

    def candidate(batch):
        past_target, future_target = batch["past"], batch["future"]
        out = forecast(past_target)

        def mase_loss():
            factor = 1.0 / (past_len + horizon - period)
            whole_target = past_target
            naive = tf.abs(whole_target[:, period:] - whole_target[:, :-period])
            seasonal_error = factor * tf.reduce_mean(naive, axis=1)
            mae = tf.reduce_mean(tf.abs(future_target - out), axis=1)
            return tf.math.divide_no_nan(mae, seasonal_error)

        steps = out[:, 1:] - out[:, :-1]
        return tf.reduce_mean(mase_loss()) + 0.1 * tf.reduce_mean(tf.square(steps))

    return {"reference": reference, "candidate": candidate,
            "batch": {"past": rng.normal(size=(n, past_len)).astype(fx),
                      "future": rng.normal(size=(n, horizon)).astype(fx)},
            "variables": [fc, fc_b, theta, last]}
