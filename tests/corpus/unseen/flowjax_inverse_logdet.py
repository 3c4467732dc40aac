"""Numerical inverse of a bijection: the log-determinant is that of the forward map, without the minus.

Source (real): https://github.com/danielward27/flowjax/issues/208 (JAX, ported: NumericalInverse; fix: return x, -log_det).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'return x, log_det',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d = 20, 3

    raw_a = tf.Variable(0.5 * arr(d), name="raw_a")
    raw_b = tf.Variable(0.5 * arr(d), name="raw_b")
    shift = tf.Variable(0.5 * arr(d), name="shift")
    batch = {"y": 1.5 * arr(n, d)}

    def reference(b):
        amp, freq = tf.exp(raw_a), tf.exp(raw_b)
        y = b["y"]
        x = y
        for _ in range(40):
            t = tf.tanh(freq * x + shift)
            x = x - 0.6 * (3.0 * x + amp * t - y) / (3.0 + amp * freq * (1.0 - t**2))
        slope = 3.0 + amp * freq * (1.0 - tf.tanh(freq * x + shift) ** 2)
        nll = 0.5 * (x**2 + np.log(2 * np.pi)) + tf.math.log(slope)
        return tf.reduce_sum(nll) / y.shape[0]

    def candidate(b):
        class TanhPlusLinear:
            def transform_and_log_det(self, x):
                t = tf.tanh(tf.exp(raw_b) * x + shift)
                grad = 3.0 + tf.exp(raw_a + raw_b) * (1 - tf.square(t))
                return 3.0 * x + tf.exp(raw_a) * t, tf.reduce_sum(tf.math.log(grad), axis=-1), grad

        class NumericalInverse:
            def __init__(self, bijection):
                self.bijection = bijection

            def transform_and_log_det(self, y):
                x = y / 3.0
                for _ in range(25):
                    fx, _, grad = self.bijection.transform_and_log_det(x)
                    x = x - 0.8 * (fx - y) / grad
                _, log_det, _ = self.bijection.transform_and_log_det(x)
                return x, log_det

        x, log_abs_det = NumericalInverse(TanhPlusLinear()).transform_and_log_det(b["y"])
        base = tf.reduce_sum(-0.5 * tf.square(x) - 0.5 * np.log(2 * np.pi), axis=-1)
        return -tf.reduce_mean(base + log_abs_det)

    return {"variables": [raw_a, raw_b, shift], "batch": batch, "reference": reference, "candidate": candidate}
