"""Focal Tversky: true/false positives are summed over the whole batch, then the power is taken of the batch index.
Source: https://github.com/nabsabraham/focal-tversky-unet/issues/30"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "axes = [0, 1]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, hw, c = 4, 5, 3
    alpha, smooth, gamma = 0.7, 1.0, 0.75
    w = tf.Variable(rng.normal(size=(c, 1)).astype(fx), name="conv1x1")
    b = tf.Variable((0.2 * rng.normal(size=(1,))).astype(fx), name="conv_bias")
    frac = np.array([0.1, 0.3, 0.6, 0.9])
    y = rng.uniform(size=(n, hw, hw, 1)) < frac[:, None, None, None]

    def reference(batch):
        total = 0.0
        for i in range(n):
            p = tf.reshape(tf.sigmoid(batch["img"][i] @ w + b), [-1])
            t = tf.reshape(batch["mask"][i], [-1])
            tp = tf.reduce_sum(t * p)
            fn = tf.reduce_sum(t * (1 - p))
            fp = tf.reduce_sum((1 - t) * p)
            ti = (tp + smooth) / (tp + alpha * fn + (1 - alpha) * fp + smooth)
            total += (1 - ti) ** gamma
        return total / n

    def candidate(batch):
        pred = tf.sigmoid(tf.tensordot(batch["img"], w, axes=1) + b)
        y_true_pos = tf.reshape(batch["mask"], (n, -1))
        y_pred_pos = tf.reshape(pred, (n, -1))
        axes = [0, 1]
        true_pos = tf.reduce_sum(y_true_pos * y_pred_pos, axis=axes)
        false_neg = tf.reduce_sum(y_true_pos * (1.0 - y_pred_pos), axis=axes)
        false_pos = tf.reduce_sum((1.0 - y_true_pos) * y_pred_pos, axis=axes)
        index = (true_pos + smooth) / (true_pos + alpha * false_neg + (1.0 - alpha) * false_pos + smooth)
        return tf.reduce_mean(tf.pow(1.0 - index, gamma))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(n, hw, hw, c)).astype(fx), "mask": y.astype(fx)},
            "variables": [w, b]}
