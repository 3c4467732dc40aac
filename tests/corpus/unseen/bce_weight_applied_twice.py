"""mmdetection's binary_cross_entropy multiplies with the sample weights inside the BCE call and again in
weight_reduce_loss, so weights other than 0 and 1 enter squared.
Source: https://github.com/open-mmlab/mmdetection/issues/845"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return weight_reduce_loss(loss, weight, avg_factor=avg_factor)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, classes = 17, 6, 4
    w = keras.Variable((0.5 * rng.standard_normal((feat, classes))).astype(f), name="cls_w")
    b = keras.Variable(np.full(classes, -0.3, f), name="cls_b")
    batch = {
        "roi": rng.standard_normal((n, feat)).astype(f),
        "label": rng.integers(0, classes, n).astype("int32"),
        "label_weight": rng.uniform(0.1, 3.0, n).astype(f),
    }

    def reference(batch):
        z = batch["roi"] @ w + b
        y = tf.one_hot(batch["label"], classes, dtype=z.dtype)
        per_roi = tf.reduce_sum(tf.nn.softplus(z) - y * z, axis=1)
        return tf.tensordot(batch["label_weight"], per_roi, axes=1) / n

    def candidate(batch):
        def expand_binary_labels(labels, label_weights, channels):
            bin_labels = tf.cast(labels[:, None] == tf.range(channels)[None, :], label_weights.dtype)
            return bin_labels, tf.repeat(label_weights[:, None], channels, axis=1)

        def weight_reduce_loss(loss, weight=None, avg_factor=None):
            if weight is not None:
                loss = loss * weight
            if avg_factor is None:
                return tf.reduce_mean(loss)
            return tf.reduce_sum(loss) / avg_factor

        def bce_with_logits(pred, label, weight):
            per_elem = tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=pred)
            return per_elem * weight

        def binary_cross_entropy(pred, label, weight, avg_factor):
            label, weight = expand_binary_labels(label, weight, pred.shape[-1])
            loss = bce_with_logits(pred, label, weight)
            return weight_reduce_loss(loss, weight, avg_factor=avg_factor)

        scores = keras.ops.matmul(batch["roi"], w) + b
        return binary_cross_entropy(scores, batch["label"], batch["label_weight"], avg_factor=float(n))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
