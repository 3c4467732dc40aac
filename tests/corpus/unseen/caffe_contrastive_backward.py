"""Suspected: the hand-written gradient of Caffe's contrastive loss is wrong, since it uses a - b. It is right.
Source: https://github.com/BVLC/caffe/issues/2312"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, margin = 6, 5, 4, 2.5
    left = keras.layers.Dense(e, name="left")
    right = keras.layers.Dense(e, name="right")
    left.build((n, d))
    right.build((n, d))

    def reference(batch):
        a, b = left(batch["x1"]), right(batch["x2"])
        sq = tf.reduce_sum((a - b) ** 2, axis=1)
        y = batch["sim"]
        return tf.reduce_mean(y * sq + (1 - y) * tf.maximum(margin - sq, 0.0)) / 2

    def candidate(batch):
        sim = batch["sim"]

        @tf.custom_gradient
        def contrastive_loss_layer(bottom0, bottom1):
            diff = bottom0 - bottom1
            dist_sq = tf.einsum("nc,nc->n", diff, diff)
            per_pair = tf.where(sim > 0, dist_sq, tf.maximum(margin - dist_sq, 0.0))
            num = tf.cast(tf.shape(diff)[0], diff.dtype)

            def backward(top_diff):
                alpha = top_diff / num
                active = tf.cast(margin - dist_sq > 0.0, diff.dtype)
                beta = tf.where(sim > 0, tf.ones_like(active), -active)
                grad = alpha * beta[:, None] * diff
                return grad, -grad

            return tf.reduce_sum(per_pair) / num / 2.0, backward

        return contrastive_loss_layer(left(batch["x1"]), right(batch["x2"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x1": rng.normal(size=(n, d)).astype(fx), "x2": rng.normal(size=(n, d)).astype(fx),
                      "sim": np.array([1, 0, 1, 0, 0, 1]).astype(fx)},
            "variables": left.trainable_variables + right.trainable_variables}
