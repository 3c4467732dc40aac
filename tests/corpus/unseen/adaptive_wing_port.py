"""A private port of the adaptive wing loss written out in one expression; the reporter
doubts that it agrees with the paper. Source: https://github.com/protossw512/AdaptiveWingLoss/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, h, w = 3, 5, 5
    k1, k2 = var("k1", 3, 3, 1, 4), var("k2", 3, 3, 4, 2)
    alpha, omega, eps, theta = 2.1, 14.0, 1.0, 0.5

    def heat(img):
        return tf.nn.conv2d(tf.tanh(tf.nn.conv2d(img, k1, 1, "SAME")), k2, 1, "SAME")

    def reference(batch):
        y = batch["heat"]
        delta = tf.abs(y - heat(batch["img"]))
        p = alpha - y
        ratio = theta / eps
        slope = omega * p * ratio ** (p - 1.0) / (1.0 + ratio ** p) / eps
        offset = theta * slope - omega * tf.math.log(1.0 + ratio ** p)
        near = omega * tf.math.log(1.0 + (delta / eps) ** p)
        return tf.reduce_mean(tf.where(delta < theta, near, slope * delta - offset))

    def candidate(batch):
        target = tf.reshape(batch["heat"], [-1])
        diff_abs = tf.abs(target - tf.reshape(heat(batch["img"]), [-1]))
        small = diff_abs < theta
        ds, ts = tf.boolean_mask(diff_abs, small), tf.boolean_mask(target, small)
        db, tb = tf.boolean_mask(diff_abs, ~small), tf.boolean_mask(target, ~small)
        inner = omega * tf.math.log(1.0 + tf.pow(tf.abs(ds / eps), alpha - ts))
        gain = omega * (1.0 / (1.0 + tf.pow(theta / eps, alpha - tb))) * (alpha - tb) * tf.pow(theta / eps, alpha - tb - 1.0) * (1.0 / eps)
        outer = gain * db - (theta * gain - omega * tf.math.log(1.0 + tf.pow(theta / eps, alpha - tb)))
        return (tf.reduce_sum(inner) + tf.reduce_sum(outer)) / tf.cast(tf.size(target), target.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, h, w, 1), "heat": rng.random((n, h, w, 2)).astype(fx)},
            "variables": [k1, k2]}
