"""Dice loss with ignore_index: the mask is put on the logits, so that an ignored pixel keeps a uniform probability after
the softmax and stays in the sums. Source: https://github.com/PaddlePaddle/PaddleSeg/pull/933"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "probs = tf.nn.softmax(logits * mask, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, c, k, ignore, smooth = 2, 4, 3, 3, 255, 1.0
    w = tf.Variable(rng.normal(size=(c, k)).astype(fx), name="head_w")
    b = tf.Variable((0.3 * rng.normal(size=(k,))).astype(fx), name="head_b")
    label = rng.integers(0, k, size=(n, s, s))
    label[rng.random(size=label.shape) < 0.3] = ignore

    def reference(batch):
        flat = tf.reshape(batch["label"], [-1])
        keep = tf.where(flat != ignore)[:, 0]
        p = tf.nn.softmax(tf.gather(tf.reshape(batch["feat"], (-1, c)), keep) @ w + b)
        y = tf.one_hot(tf.gather(flat, keep), k, dtype=p.dtype)
        inter = tf.reduce_sum(p * y)
        return 1.0 - (2.0 * inter + smooth) / (tf.reduce_sum(p) + tf.reduce_sum(y) + smooth)

    def candidate(batch):
        logits = tf.tensordot(batch["feat"], w, axes=1) + b
        labels = batch["label"]
        mask = tf.cast(labels != ignore, logits.dtype)[..., None]
        labels = tf.where(labels == ignore, tf.zeros_like(labels), labels)
        labels_one_hot = tf.one_hot(labels, k, dtype=logits.dtype) * mask
        probs = tf.nn.softmax(logits * mask, axis=-1)
        dims = tuple(range(len(probs.shape)))
        intersection = tf.reduce_sum(probs * labels_one_hot, dims)
        cardinality = tf.reduce_sum(probs + labels_one_hot, dims)
        dice_loss = 1.0 - (2.0 * intersection + smooth) / (cardinality + smooth)
        return dice_loss

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(n, s, s, c)).astype(fx), "label": label.astype("int32"),
        },
        "variables": [w, b],
    }
