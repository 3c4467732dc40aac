"""Activation-boundary distillation: the pull-up margin test is made on the teacher's feature rather than on the
student's. Source: https://github.com/sseung0703/KD_methods_with_TF/pull/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "below = tf.logical_and(target <= margin, target > 0.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, cin, c = 3, 3, 3, 4
    margin = 1.0
    kernel = tf.Variable(rng.normal(size=(1, 1, cin, c)).astype(fx), name="connector")

    def reference(batch):
        s = tf.nn.conv2d(batch["student_feat"], kernel, 1, "VALID")
        t = batch["teacher_feat"]
        up = tf.where(t > 0, tf.nn.relu(margin - s), tf.zeros_like(s))
        down = tf.where(t > 0, tf.zeros_like(s), tf.nn.relu(s + margin))
        return tf.reduce_sum(up**2 + down**2) / n

    def candidate(batch):
        source = tf.nn.conv2d(batch["student_feat"], kernel, strides=1, padding="SAME")
        target = tf.stop_gradient(batch["teacher_feat"])
        above = tf.logical_and(source > -margin, target <= 0.0)
        below = tf.logical_and(target <= margin, target > 0.0)
        loss = tf.square(source + margin) * tf.cast(above, source.dtype)
        loss += tf.square(source - margin) * tf.cast(below, source.dtype)
        return tf.reduce_mean(tf.reduce_sum(tf.abs(loss), axis=[1, 2, 3]))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "student_feat": rng.normal(size=(n, hw, hw, cin)).astype(fx),
            "teacher_feat": 1.5 * rng.normal(size=(n, hw, hw, c)).astype(fx),
        },
        "variables": [kernel],
    }
