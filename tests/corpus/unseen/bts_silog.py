"""Somebody suspects the square root in the scale-invariant log loss; it is intended, the code is right. Rewritten.
Source: https://github.com/cleinc/bts/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w, max_depth = 3, 4, 5, 10.0
    k1 = tf.Variable((rng.normal(size=(3, 3, 3, 4)) / 2).astype(fx), name="k1")
    k2 = tf.Variable((rng.normal(size=(1, 1, 4, 1)) / 2).astype(fx), name="k2")

    def depth_net(img):
        return max_depth * tf.sigmoid(tf.nn.conv2d(tf.nn.elu(tf.nn.conv2d(img, k1, 1, "SAME")), k2, 1, "SAME"))

    def reference(batch):
        est = depth_net(batch["image"])
        mask = batch["depth"] > 0.1
        d = tf.math.log(tf.boolean_mask(est, mask)) - tf.math.log(tf.boolean_mask(batch["depth"], mask))
        return tf.sqrt(tf.reduce_mean(d ** 2) - 0.85 * tf.reduce_mean(d) ** 2) * 10.0

    def candidate(batch):
        depth_est, depth_gt = depth_net(batch["image"]), batch["depth"]
        valid = tf.cast(tf.greater(depth_gt, 0.1), depth_est.dtype)
        safe_gt = tf.where(valid > 0, depth_gt, tf.ones_like(depth_gt))
        log_ratio = tf.math.log(depth_est / safe_gt) * valid
        count = tf.reduce_sum(valid)
        mean = tf.reduce_sum(log_ratio) / count
        variance = tf.reduce_sum(valid * tf.square(log_ratio - mean)) / count
        return 10.0 * tf.sqrt(variance + 0.15 * tf.square(mean))

    depth = rng.uniform(0.5, 9.0, size=(n, h, w, 1))
    depth[rng.uniform(size=depth.shape) < 0.3] = 0.0
    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, h, w, 3)).astype(fx), "depth": depth.astype(fx)},
            "variables": [k1, k2]}
