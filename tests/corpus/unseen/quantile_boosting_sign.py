"""Quantile loss of gradient boosting: the part for negative errors is added with the wrong sign.
Source: https://github.com/scikit-learn/scikit-learn/pull/6429"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "below = (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(sw * diff, tf.logical_not(mask)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, alpha = 8, 4, 0.8
    net = keras.layers.Dense(1, name="trees")
    net.build((None, d))

    def reference(batch):
        e = batch["y"] - net(batch["x"])[:, 0]
        pinball = tf.maximum(alpha * e, (alpha - 1.0) * e)
        return tf.reduce_sum(batch["w"] * pinball) / tf.reduce_sum(batch["w"])

    def candidate(batch):
        pred = tf.reshape(net(batch["x"]), [-1])
        diff = batch["y"] - pred
        mask = batch["y"] > pred
        sw = batch["w"]
        above = alpha * tf.reduce_sum(tf.boolean_mask(sw * diff, mask))
        below = (1.0 - alpha) * tf.reduce_sum(tf.boolean_mask(sw * diff, tf.logical_not(mask)))
        return (above + below) / tf.reduce_sum(sw)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(fx), "y": rng.standard_normal(n).astype(fx),
                      "w": rng.uniform(0.5, 2, n).astype(fx)},
            "variables": [net.kernel, net.bias]}
