"""Layer normalization: epsilon is added after the square root, so one constant row (padding) turns the gradient of the layer below into NaN.

Source (real): https://github.com/microsoft/CNTK/issues/3816 (CNTK, ported; the thread's fix is to move epsilon into the sqrt).
Right answer: NOT equivalent. The value is the same, but the derivative of the root at 0 is infinite and is multiplied by zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "std = tf.reduce_mean(x0 * x0, axis=-1, keepdims=True) ** 0.5",
    "same_forward_value": True,
}

_EPSILON = 1e-8


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 17, 4, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.8 * arr(d, hid), name="dense_w")
    scale = tf.Variable(1.0 + 0.3 * arr(hid), name="ln_scale")
    bias = tf.Variable(0.3 * arr(hid), name="ln_bias")
    out = tf.Variable(0.7 * arr(hid), name="out_w")
    x = arr(n, d)
    x[-2:] = 0.0
    batch = {"x": x, "y": arr(n)}

    def head(h, y):
        return tf.reduce_mean(tf.square(tf.linalg.matvec(tf.tanh(h), out) - y))

    def reference(b):
        h = b["x"] @ w
        mean, variance = tf.nn.moments(h, axes=[1], keepdims=True)
        return head(tf.nn.batch_normalization(h, mean, variance, bias, scale, _EPSILON), b["y"])

    def candidate(b):
        def layer_normalize(x):
            mean = tf.reduce_mean(x, axis=-1, keepdims=True)
            x0 = x - mean
            std = tf.reduce_mean(x0 * x0, axis=-1, keepdims=True) ** 0.5
            if _EPSILON != 0:
                std += _EPSILON
            x_hat = x0 / std
            return x_hat * scale + bias

        return head(layer_normalize(tf.matmul(b["x"], w)), b["y"])

    return {"variables": [w, scale, bias, out], "batch": batch, "reference": reference, "candidate": candidate}
