"""WTTE-RNN, continuous Weibull likelihood u * (log b + b * log(t/a)) - (t/a)^b: somebody derived a further logarithm.
What is left out is -u * log t, a constant of the data. The value differs, the gradients do not. Right.
Source: https://github.com/ragulpr/wtte-rnn/issues/56"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 17, 4
    x = rng.standard_normal((n, d)).astype(f)
    t = rng.uniform(2.0, 6.0, n).astype(f)
    u = (rng.uniform(size=n) < 0.7).astype(f)
    w = tf.Variable(rng.standard_normal((d, 2)) * 0.2, dtype=f, name="w")
    b = tf.Variable(np.array([1.2, 0.5]), dtype=f, name="b")

    def reference(batch):
        out = batch["x"] @ w + b
        scale, shape = tf.exp(out[:, 0]), tf.nn.softplus(out[:, 1])
        log_density_part = tf.math.log(shape) - tf.math.log(scale) \
            + (shape - 1.0) * (tf.math.log(batch["t"]) - tf.math.log(scale))
        cumulative_hazard = (batch["t"] / scale) ** shape
        log_likelihood = tf.where(batch["u"] > 0.5, log_density_part, 0.0) - cumulative_hazard
        return -tf.reduce_mean(log_likelihood)

    def candidate(batch):
        def output_lambda(inputs):
            a, shape = tf.unstack(inputs, axis=-1)
            return tf.stack([tf.exp(a), tf.nn.softplus(shape)], axis=-1)

        def loglik_continuous(y, event, a, shape, epsilon=0.0):
            ya = (y + epsilon) / a
            return event * (keras.ops.log(shape) + shape * keras.ops.log(ya)) - keras.ops.power(ya, shape)

        def loss_function(y_true, y_pred):
            y, event = tf.unstack(y_true, axis=-1)
            a, shape = tf.unstack(y_pred, axis=-1)
            return -keras.ops.mean(loglik_continuous(y, event, a, shape))

        y_true = tf.stack([batch["t"], batch["u"]], axis=-1)
        return loss_function(y_true, output_lambda(tf.matmul(batch["x"], w) + b))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "t": t, "u": u}, "variables": [w, b]}
