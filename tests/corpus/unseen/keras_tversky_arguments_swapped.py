"""Keras' Tversky loss assigned inputs = y_true and targets = y_pred, so that alpha weighted the false negatives and
beta the false positives.
Source: https://github.com/keras-team/keras/pull/23333"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "inputs, targets = y_true, y_pred",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, c = 15, 6, 5, 3
    head = keras.layers.Dense(1, name="mask_head")
    head.build((None, c))
    img = rng.normal(size=(n, h, w, c)).astype(f)
    mask = (img.sum(-1, keepdims=True) + rng.normal(size=(n, h, w, 1)) > 1.0).astype(f)
    alpha, beta = 0.2, 0.8

    def reference(batch):
        prob = tf.sigmoid(head(batch["image"]))
        on = batch["mask"] > 0.5
        zero = tf.zeros_like(prob)
        hits = tf.reduce_sum(tf.where(on, prob, zero))
        missed = tf.reduce_sum(tf.where(on, 1 - prob, zero))
        wrongly = tf.reduce_sum(tf.where(on, zero, prob))
        return 1 - hits / (hits + alpha * wrongly + beta * missed + keras.config.epsilon())

    def candidate(batch):
        def tversky(y_true, y_pred, alpha=0.5, beta=0.5):
            inputs, targets = y_true, y_pred
            intersection = keras.ops.sum(inputs * targets)
            fp = keras.ops.sum((1 - targets) * inputs)
            fn = keras.ops.sum(targets * (1 - inputs))
            index = keras.ops.divide(intersection, intersection + fp * alpha + fn * beta + keras.config.epsilon())
            return 1 - index

        logits = keras.ops.matmul(batch["image"], head.kernel) + head.bias
        return tversky(batch["mask"], keras.ops.sigmoid(logits), alpha=alpha, beta=beta)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": img, "mask": mask}, "variables": list(head.trainable_variables)}
