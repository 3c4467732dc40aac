"""Distillation loss of attention-transfer: the KL divergence is averaged over samples and classes where it is to be summed over
the classes, so that the soft part is too small by the number of classes.
Source: https://github.com/szagoruyko/attention-transfer/issues/18"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "l_kl = tf.reduce_mean(q * (tf.math.log(q) - p))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    student = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(5)])
    for v in student.trainable_variables:
        v.assign(rng.normal(size=v.shape) * 0.7)
    T, alpha = 4.0, 0.9

    def reference(batch):
        y = student(batch["x"])
        soft_targets = tf.nn.softmax(batch["teacher"] / T)
        cross = tf.nn.softmax_cross_entropy_with_logits(labels=soft_targets, logits=y / T)
        entropy = tf.nn.softmax_cross_entropy_with_logits(labels=soft_targets, logits=batch["teacher"] / T)
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=y)
        return tf.reduce_mean(alpha * T * T * (cross - entropy) + (1.0 - alpha) * hard)

    def candidate(batch):
        def distillation(y, teacher_scores, labels):
            p = tf.nn.log_softmax(y / T, axis=1)
            q = tf.nn.softmax(teacher_scores / T, axis=1)
            l_kl = tf.reduce_mean(q * (tf.math.log(q) - p))
            onehot = tf.one_hot(labels, 5, dtype=f)
            l_ce = keras.losses.CategoricalCrossentropy(from_logits=True)(onehot, y)
            return l_kl * (T ** 2 * alpha) + l_ce * (1. - alpha)

        return distillation(student(batch["x"]), batch["teacher"], batch["y"])

    batch = {"x": rng.normal(size=(14, 4)).astype(f), "teacher": (rng.normal(size=(14, 5)) * 3).astype(f),
             "y": rng.integers(0, 5, 14).astype("int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": student.trainable_variables}
