"""Faster-RCNN_TF: the RPN smooth L1 switches at |x| < 1 where the Caffe layer with sigma 3 switches at 1/sigma^2.
Source: https://github.com/smallcorgi/Faster-RCNN_TF/pull/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "smooth_l1_sign = tf.cast(tf.less(tf.abs(diff), 1.0), diff.dtype)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, h, wd, d, a = 2, 3, 3, 4, 2
    ker = tf.Variable(rng.normal(size=(d, 4 * a), scale=0.3).astype(fx), name="rpn_bbox")
    inside = np.repeat((rng.uniform(size=(b, h, wd, a)) < 0.5), 4, axis=-1)
    outside = np.ones((b, h, wd, 4 * a)) / (h * wd)
    s2 = 9.0

    def reference(batch):
        pred = tf.einsum("bhwd,dk->bhwk", batch["conv"], ker)
        e = tf.abs(batch["w_in"] * (pred - batch["targets"]))
        huber = tf.where(e < 1.0 / s2, 0.5 * s2 * e * e, e - 0.5 / s2)
        per_image = [tf.reduce_sum(batch["w_out"][i] * huber[i]) for i in range(b)]
        return 10.0 * tf.add_n(per_image) / b

    def candidate(batch):
        rpn_bbox_pred = tf.tensordot(batch["conv"], ker, axes=1)
        diff = tf.multiply(batch["w_in"], rpn_bbox_pred - batch["targets"])
        smooth_l1_sign = tf.cast(tf.less(tf.abs(diff), 1.0), diff.dtype)
        option1 = tf.multiply(tf.square(diff), 0.5 * s2)
        option2 = tf.subtract(tf.abs(diff), 0.5 / s2)
        smooth_l1 = tf.add(tf.multiply(option1, smooth_l1_sign), tf.multiply(option2, 1.0 - smooth_l1_sign))
        outside_mul = tf.multiply(batch["w_out"], smooth_l1)
        return tf.multiply(tf.reduce_mean(tf.reduce_sum(outside_mul, axis=[1, 2, 3])), 10.0)

    return {"reference": reference, "candidate": candidate,
            "batch": {"conv": rng.normal(size=(b, h, wd, d)).astype(fx),
                      "targets": rng.normal(size=(b, h, wd, 4 * a), scale=0.5).astype(fx),
                      "w_in": inside.astype(fx), "w_out": outside.astype(fx)},
            "variables": [ker]}
