"""Isotropic total variation of a parameter field in image registration: the slice lacks a colon, so every row is compared with the last row rather than with its neighbour.
Source: https://github.com/airlab-unibas/airlab/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'dx = tf.square(parameter[:, 1:, 1:] - parameter[:, -1, 1:]) * self._scaling[0]',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, R, C = 16, 5, 6
    field = tf.Variable(rng.normal(size=(1, R, C)), dtype=f, name="field")
    gain = tf.Variable(rng.uniform(0.5, 1.5, size=(1,)), dtype=f, name="gain")
    batch = {"basis": (0.3 * rng.normal(size=(n, R, C))).astype(f), "image": rng.normal(size=(n,)).astype(f)}
    weight, tiny = 0.3, 1e-4

    def reference(batch):
        warped = gain * tf.einsum("nrc,rc->n", batch["basis"], field[0])
        tv = 0.0
        for i in range(1, R):
            for j in range(1, C):
                down = field[0, i, j] - field[0, i - 1, j]
                right = field[0, i, j] - field[0, i, j - 1]
                tv += tf.sqrt(down ** 2 + right ** 2 + tiny)
        return tf.reduce_mean((warped - batch["image"]) ** 2) + weight * tv / ((R - 1) * (C - 1))

    def candidate(batch):
        class IsotropicTVRegulariser:
            def __init__(self, scaling=(1.0, 1.0)):
                self._scaling = scaling

            def _regulariser_2d(self, parameter):
                dx = tf.square(parameter[:, 1:, 1:] - parameter[:, -1, 1:]) * self._scaling[0]
                dy = tf.square(parameter[:, 1:, 1:] - parameter[:, 1:, :-1]) * self._scaling[1]
                return tf.sqrt(dx + dy + tiny)

            def __call__(self, parameter):
                return tf.reduce_mean(self._regulariser_2d(parameter))

        flat = tf.reshape(batch["basis"], (n, R * C))
        moved = tf.matmul(flat, tf.reshape(field, (R * C, 1)))[:, 0] * gain
        data_term = tf.reduce_mean(tf.math.squared_difference(moved, batch["image"]))
        return data_term + weight * IsotropicTVRegulariser()(field)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [field, gain]}
