"""N-BEATS: the second block gets the first block's backcast itself, not the input minus the backcast.

Source (real): https://github.com/mrdbourke/tensorflow-deep-learning/issues/395 (TensorFlow; "There's a missing subtract connection").
Right answer: NOT equivalent; only the first residual connection is missing, the later ones are right.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'residuals, forecast = nbeats_block_layer(0, b["window"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, window, horizon, hid, stacks = 26, 7, 2, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    hidden = [tf.Variable(0.4 * arr(window, hid), name=f"hidden_{i}") for i in range(stacks)]
    theta = [tf.Variable(0.4 * arr(hid, window + horizon), name=f"theta_{i}") for i in range(stacks)]
    batch = {"window": np.cumsum(0.6 * arr(n, window), axis=1).astype(f), "target": arr(n, horizon)}

    def reference(b):
        x = b["window"]
        y_hat = tf.zeros_like(b["target"])
        for w_h, w_t in zip(hidden, theta):
            coefficients = tf.nn.elu(x @ w_h) @ w_t
            y_hat = y_hat + coefficients[:, window:]
            x = x - coefficients[:, :window]
        return tf.reduce_mean(tf.square(y_hat - b["target"]))

    def candidate(b):
        def nbeats_block_layer(i, inputs):
            th = tf.matmul(tf.nn.elu(tf.matmul(inputs, hidden[i])), theta[i])
            backcast, block_forecast = th[:, :window], th[:, -horizon:]
            return backcast, block_forecast

        residuals, forecast = nbeats_block_layer(0, b["window"])
        for i in range(1, stacks):
            backcast, block_forecast = nbeats_block_layer(i, residuals)
            residuals = keras.ops.subtract(residuals, backcast)
            forecast = keras.ops.add(forecast, block_forecast)
        return tf.reduce_mean(keras.losses.mean_squared_error(b["target"], forecast))

    return {"variables": [*hidden, *theta], "batch": batch, "reference": reference, "candidate": candidate}
