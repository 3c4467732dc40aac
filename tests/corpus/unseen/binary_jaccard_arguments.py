"""binary_jaccard_distance compares the prediction with its own rounded values: y_true never enters the loss.
(As a loss the prediction has to stay soft; y_true takes the first place.)
Source: https://github.com/keras-team/keras-contrib/pull/197"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return jaccard_distance(tf.round(y_pred), y_pred, smooth, axis)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, feat = 14, 3, 6, 4
    conv = keras.layers.Dense(1, activation="sigmoid", name="mask_head")
    conv.build((None, feat))
    batch = {
        "features": rng.standard_normal((n, h, w, feat)).astype(f),
        "mask": (rng.uniform(size=(n, h, w)) < 0.4).astype(f),
    }

    def reference(batch):
        p = tf.reshape(conv(batch["features"]), (n, h * w))
        t = tf.reshape(batch["mask"], (n, h * w))
        loss = 0.0
        for i in range(n):
            both = tf.tensordot(t[i], p[i], 1)
            either = tf.reduce_sum(t[i]) + tf.reduce_sum(p[i]) - both
            loss += 1.0 - (both + 1.0) / (either + 1.0)
        return loss / n

    def candidate(batch):
        def jaccard_distance(y_true, y_pred, smooth=None, axis=-1):
            if smooth is None:
                smooth = keras.backend.epsilon()
            intersection = tf.reduce_sum(tf.abs(y_true * y_pred), axis=axis)
            sum_ = tf.reduce_sum(tf.abs(y_true) + tf.abs(y_pred), axis=axis)
            jac = (intersection + smooth) / (sum_ - intersection + smooth)
            return (1 - jac) * smooth

        def binary_jaccard_distance(y_true, y_pred, smooth=None, axis=-1):
            return jaccard_distance(tf.round(y_pred), y_pred, smooth, axis)

        y_pred = tf.squeeze(conv(batch["features"]), -1)
        return tf.reduce_mean(binary_jaccard_distance(batch["mask"], y_pred, smooth=1.0, axis=(1, 2)))

    variables = [conv.kernel, conv.bias]
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": variables}
