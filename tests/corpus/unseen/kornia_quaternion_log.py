"""Quaternion log map: at the identity acos' is infinite and meets a zero vector part, which gives a NaN gradient.
Source: https://github.com/kornia/kornia/pull/4228"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "half_angle = tf.acos(tf.clip_by_value(scalar, -1.0, 1.0))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n = 4
    q0 = rng.normal(size=(n, 4))
    q0[:, 0] = np.abs(q0[:, 0]) + 0.5
    q0 /= np.linalg.norm(q0, axis=1, keepdims=True)
    q0[0] = [1.0, 0.0, 0.0, 0.0]
    quat = tf.Variable(q0.astype(fx), name="quaternion")

    def reference(batch):
        w, v = quat[:, :1], quat[:, 1:]
        sq = tf.reduce_sum(v * v, axis=1, keepdims=True)
        moved = sq > 1e-12
        safe_sq = tf.where(moved, sq, tf.ones_like(sq))
        safe_w = tf.where(moved, w, tf.zeros_like(w))
        ratio = tf.where(moved, tf.acos(safe_w) / tf.sqrt(safe_sq), tf.ones_like(sq))
        err = ratio * v - batch["log_target"]
        return tf.reduce_mean(tf.reduce_sum(err ** 2, axis=1))

    def candidate(batch):
        def quaternion_exp_to_log(quaternion, eps=1e-8):
            scalar, vector = tf.split(quaternion, [1, 3], axis=-1)
            norm_sq = tf.reduce_sum(tf.square(vector), axis=-1, keepdims=True)
            norm_q = tf.sqrt(tf.maximum(norm_sq, eps ** 2))
            half_angle = tf.acos(tf.clip_by_value(scalar, -1.0, 1.0))
            return vector * half_angle / norm_q

        pred = quaternion_exp_to_log(quat)
        dist = tf.math.squared_difference(pred, batch["log_target"])
        return tf.reduce_sum(dist) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"log_target": (0.5 * rng.normal(size=(n, 3))).astype(fx)},
            "variables": [quat]}
