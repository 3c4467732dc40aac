"""Batch renormalization: the r/d correction is applied after gamma and beta instead of before them.

Source (real): https://github.com/ajbrock/Neural-Photo-Editor/issues/14 (Theano/Lasagne, ported).
Right answer: NOT equivalent. The layer gives (x_hat * gamma + beta) * r + d instead of (x_hat * r + d) * gamma + beta.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return (normalized * self.gamma + self.beta) * r + d",
    "same_forward_value": False,
}

_RMAX, _DMAX, _EPS = 1.5, 0.5, 1e-4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 20, 5, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, hid), name="dense_w")
    gamma = tf.Variable(1.0 + 0.4 * arr(hid), name="gamma")
    beta = tf.Variable(0.4 * arr(hid), name="beta")
    w2 = tf.Variable(0.7 * arr(hid), name="out_w")
    mean0 = tf.constant(0.4 * arr(hid))
    std0 = tf.constant(1.0 + 0.5 * np.abs(arr(hid)).astype(f))
    batch = {"x": arr(n, d), "y": arr(n)}

    def reference(b):
        h = tf.unstack(b["x"] @ w1, axis=1)
        outs = []
        for j, col in enumerate(h):
            mu = tf.reduce_mean(col)
            sigma = tf.sqrt(tf.reduce_mean((col - mu) ** 2) + _EPS)
            r = tf.stop_gradient(tf.clip_by_value(sigma / std0[j], 1.0 / _RMAX, _RMAX))
            shift = tf.stop_gradient(tf.clip_by_value((mu - mean0[j]) / std0[j], -_DMAX, _DMAX))
            x_hat = (col - mu) / sigma * r + shift
            outs.append(gamma[j] * x_hat + beta[j])
        pred = tf.linalg.matvec(tf.nn.elu(tf.stack(outs, axis=1)), w2)
        return tf.reduce_mean((pred - b["y"]) ** 2)

    def candidate(b):
        class BatchReNormLayer:
            def __init__(self, gamma, beta, running_mean, running_std):
                self.gamma, self.beta = gamma, beta
                self.running_mean, self.running_std = running_mean, running_std

            def __call__(self, inputs):
                mean, var = tf.nn.moments(inputs, axes=[0])
                std = tf.sqrt(var + _EPS)
                r = tf.clip_by_value(std / self.running_std, 1.0 / _RMAX, _RMAX)
                d = tf.clip_by_value((mean - self.running_mean) / self.running_std, -_DMAX, _DMAX)
                r, d = tf.stop_gradient(r), tf.stop_gradient(d)
                normalized = (inputs - mean) / std
                return (normalized * self.gamma + self.beta) * r + d

        layer = BatchReNormLayer(gamma, beta, mean0, std0)
        pred = tf.linalg.matvec(tf.nn.elu(layer(b["x"] @ w1)), w2)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [w1, gamma, beta, w2], "batch": batch, "reference": reference, "candidate": candidate}
