"""Reversible instance normalisation of a series of small amplitude: an epsilon of 1e-5 inside the square root is larger than the variance, so that the layer is not scale invariant.
Source: https://github.com/unit8co/darts/issues/2739"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'def __init__(self, affine_weight, affine_bias, eps=1e-5):',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, T, F, h = 12, 8, 3, 4
    gamma = tf.Variable(rng.uniform(0.7, 1.3, size=(F,)), dtype=f, name="gamma")
    beta = tf.Variable(0.2 * rng.normal(size=(F,)), dtype=f, name="beta")
    w = tf.Variable(0.5 * rng.normal(size=(T, h)), dtype=f, name="w")
    unit = 2e-3
    batch = {
        "past": (unit * rng.normal(size=(n, T, F))).astype(f),
        "future": (unit * rng.normal(size=(n, h, F))).astype(f),
    }

    def reference(batch):
        # work in multiples of the unit; nothing depends on the amplitude
        past, future = batch["past"] / unit, batch["future"] / unit
        centre = tf.reduce_mean(past, 1, keepdims=True)
        spread = tf.math.reduce_std(past, 1, keepdims=True)
        z = gamma * (past - centre) / spread + beta
        y = tf.einsum("ntf,th->nhf", z, w)
        y = (y - beta) / gamma * spread + centre
        return tf.reduce_mean((y - future) ** 2)

    def candidate(batch):
        class RINorm:
            def __init__(self, affine_weight, affine_bias, eps=1e-5):
                self.affine_weight, self.affine_bias, self.eps = affine_weight, affine_bias, eps

            def __call__(self, x):
                self.mean = tf.reduce_mean(x, axis=1, keepdims=True)
                var = tf.reduce_mean(tf.square(x - self.mean), axis=1, keepdims=True)
                self.stdev = tf.sqrt(var + self.eps)
                x = (x - self.mean) / self.stdev
                return x * self.affine_weight + self.affine_bias

            def inverse(self, x):
                x = (x - self.affine_bias) / self.affine_weight
                return x * self.stdev + self.mean

        rin = RINorm(gamma, beta)
        normed = tf.transpose(rin(batch["past"]), (0, 2, 1))
        forecast = rin.inverse(tf.transpose(tf.matmul(normed, w), (0, 2, 1)))
        return tf.reduce_mean(tf.square((forecast - batch["future"]) / unit))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [gamma, beta, w]}
