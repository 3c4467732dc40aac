"""The soft counts of the Tversky loss get truth and prediction the wrong way round, so alpha and beta change places.

Source (real): https://github.com/keras-team/keras/pull/23322
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "tp, fp, fn = soft_counts(y_true, y_pred)",
    "same_forward_value": False,
}


def soft_counts(prediction, target):
    axes = [1, 2]
    tp = tf.reduce_sum(prediction * target, axis=axes)
    fp = tf.reduce_sum(prediction * (1.0 - target), axis=axes)
    fn = tf.reduce_sum((1.0 - prediction) * target, axis=axes)
    return tp, fp, fn


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, hw, d, c = 6, 5, 4, 3
    alpha, beta, gamma = 0.25, 0.75, 0.75
    conv = tf.keras.layers.Conv2D(c, 3, padding="same", name="logits")
    conv.build((None, hw, hw, d))
    conv.set_weights([rng.normal(0, 0.4, (3, 3, d, c)), rng.normal(0, 0.2, (c,))])
    batch = {
        "x": rng.normal(0, 1, (n, hw, hw, d)).astype("float32"),
        "mask": rng.choice(c, (n, hw, hw), p=[0.7, 0.2, 0.1]).astype("int32"),
    }

    def bce(y, logits):
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits))

    def reference(b):
        logits = conv(b["x"])
        y = tf.one_hot(b["mask"], c)
        p = tf.nn.softmax(logits, axis=-1)
        tp, fp, fn = soft_counts(p, y)
        index = (tp + 1.0) / (tp + alpha * fp + beta * fn + 1.0)
        return tf.reduce_mean((1.0 - index) ** gamma) + 0.5 * bce(y, logits)

    def candidate(b):
        logits = conv(b["x"])
        y_true = tf.one_hot(b["mask"], c)
        y_pred = tf.nn.softmax(logits, axis=-1)
        tp, fp, fn = soft_counts(y_true, y_pred)
        tversky = (tp + 1.0) / (tp + fp * alpha + fn * beta + 1.0)
        focal_tversky = tf.pow(1.0 - tversky, gamma)
        return tf.reduce_mean(focal_tversky) + 0.5 * bce(y_true, logits)

    return {"variables": list(conv.trainable_variables), "batch": batch, "reference": reference, "candidate": candidate}
