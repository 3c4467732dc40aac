"""Smooth L1 loss for boxes: a cutoff other than 1 moves the switch between both branches, but the quadratic branch is not
divided by it, so the loss jumps and its slope is wrong near zero.
Source: https://github.com/keras-team/keras-cv/pull/1079"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "0.5 * squared_difference,",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, coords, beta = 16, 6, 4, 0.3
    w = tf.Variable(rng.normal(size=(feat, coords)).astype(f) * 0.3, name="w")
    b = tf.Variable(rng.normal(size=(coords,)).astype(f) * 0.1, name="b")
    batch = {"anchors": rng.normal(size=(n, feat)).astype(f), "deltas": (0.4 * rng.normal(size=(n, coords))).astype(f)}

    def reference(batch):
        miss = tf.matmul(batch["anchors"], w) + b - batch["deltas"]
        huber = keras.losses.huber(tf.zeros_like(miss), miss, delta=beta)
        return tf.reduce_mean(huber) / beta

    def candidate(batch):
        class SmoothL1Loss(keras.losses.Loss):
            def __init__(self, l1_cutoff=1.0):
                super().__init__(reduction="sum_over_batch_size", dtype=f)
                self.l1_cutoff = l1_cutoff

            def call(self, y_true, y_pred):
                difference = y_true - y_pred
                absolute_difference = tf.abs(difference)
                squared_difference = difference ** 2
                loss = tf.where(
                    absolute_difference < self.l1_cutoff,
                    0.5 * squared_difference,
                    absolute_difference - 0.5 * self.l1_cutoff,
                )
                return tf.reduce_mean(loss, axis=-1)

        return SmoothL1Loss(l1_cutoff=beta)(batch["deltas"], batch["anchors"] @ w + b)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
