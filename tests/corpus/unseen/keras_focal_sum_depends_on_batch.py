"""Keras focal loss of a repository: the terms are summed and not averaged, so that the loss (and the step) grows with the batch.
Source: https://github.com/umbertogriffo/focal-loss-keras/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return -tf.reduce_sum(positive) - tf.reduce_sum(negative)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(6, 1)).astype(f), name="w")
    b = tf.Variable(rng.normal(size=(1,)).astype(f), name="b")
    gamma, alpha = 2.0, 0.25

    def reference(batch):
        logit = tf.squeeze(batch["x"] @ w + b, 1)
        sign = 2.0 * batch["y"] - 1.0
        weight = batch["y"] * alpha + (1.0 - batch["y"]) * (1.0 - alpha)
        focal = weight * tf.sigmoid(-sign * logit) ** gamma * tf.nn.softplus(-sign * logit)
        return tf.reduce_mean(focal)

    def candidate(batch):
        epsilon = keras.config.epsilon()

        def binary_focal_loss_fixed(y_true, y_pred):
            pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
            pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
            pt_1 = tf.clip_by_value(pt_1, epsilon, 1. - epsilon)
            pt_0 = tf.clip_by_value(pt_0, epsilon, 1. - epsilon)
            positive = alpha * tf.pow(1. - pt_1, gamma) * tf.math.log(pt_1)
            negative = (1 - alpha) * tf.pow(pt_0, gamma) * tf.math.log(1. - pt_0)
            return -tf.reduce_sum(positive) - tf.reduce_sum(negative)

        y_pred = keras.ops.sigmoid(tf.matmul(batch["x"], w) + b)
        return binary_focal_loss_fixed(batch["y"][:, tf.newaxis], y_pred)

    batch = {"x": (rng.normal(size=(17, 6)) * 0.5).astype(f), "y": rng.integers(0, 2, 17).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
