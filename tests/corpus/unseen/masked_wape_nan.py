"""masked_wape multiplies by the mask when the missing value is nan, and nan times zero stays nan.
Source: https://github.com/GestaltCogTeam/BasicTS/issues/138"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "error = tf.abs(prediction - target) * mask",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    b, t_in, t_out, d = 4, 5, 3, 4
    w_in, w_out, b_out = var("w_in", t_in, d), var("w_out", d, t_out), var("b_out", t_out)
    readings = np.exp(1 + 0.5 * arr(b, t_out))
    readings[0, 1] = readings[2, 0] = readings[2, 2] = -1.0

    def reference(batch):
        pred = tf.tanh(batch["x"] @ w_in) @ w_out + b_out
        wape = 0.0
        for i in range(b):
            seen = np.flatnonzero(readings[i] > 0)
            truth, guess = tf.math.log(tf.gather(batch["readings"][i], seen)), tf.gather(pred[i], seen)
            wape += tf.reduce_sum(tf.abs(guess - truth)) / (tf.reduce_sum(tf.abs(truth)) + 5e-5)
        return wape / b

    def candidate(batch):
        prediction = tf.nn.bias_add(tf.matmul(tf.tanh(tf.matmul(batch["x"], w_in)), w_out), b_out)
        target = tf.math.log(batch["readings"])
        seen = tf.logical_not(tf.math.is_nan(target))
        mask = tf.cast(seen, fx)
        error = tf.abs(prediction - target) * mask
        scale = tf.where(seen, tf.abs(target), tf.zeros_like(target))
        loss = tf.reduce_sum(error, axis=1) / (tf.reduce_sum(scale, axis=1) + 5e-5)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(b, t_in), "readings": readings.astype(fx)}, "variables": [w_in, w_out, b_out]}
