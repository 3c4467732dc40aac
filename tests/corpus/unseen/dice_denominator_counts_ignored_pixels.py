"""Dice loss with ignored pixels: the valid mask is applied to the numerator only, ignored predictions and labels still
stand in the denominator and get a gradient.
Source: https://github.com/open-mmlab/mmsegmentation/pull/2996"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "den = tf.reduce_sum(tf.pow(pred, exponent) + tf.pow(target, exponent), axis=1) + smooth",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, height, width, feat, classes = 12, 4, 3, 5, 2
    kernel = tf.Variable(rng.normal(size=(feat, classes)).astype(f), name="kernel")
    bias = tf.Variable(rng.normal(size=(classes,)).astype(f) * 0.2, name="bias")
    label = rng.integers(0, classes, size=(n, height, width)).astype("int32")
    label[rng.uniform(size=label.shape) < 0.35] = 255
    batch = {"maps": rng.normal(size=(n, height, width, feat)).astype(f), "label": label}

    def reference(batch):
        prob = tf.nn.softmax(tf.einsum("nhwf,fc->nhwc", batch["maps"], kernel) + bias, axis=-1)
        keep = tf.cast(tf.not_equal(batch["label"], 255), f)[..., None]
        hot = tf.one_hot(tf.where(batch["label"] == 255, 0, batch["label"]), classes, dtype=f) * keep
        prob = prob * keep
        both = tf.reduce_sum(prob * hot, axis=(1, 2))
        each = tf.reduce_sum(tf.square(prob) + tf.square(hot), axis=(1, 2))
        return tf.reduce_mean(1.0 - (2.0 * both + 1.0) / (each + 1.0))

    def candidate(batch):
        def binary_dice_loss(pred, target, valid_mask, smooth=1.0, exponent=2):
            pred = tf.reshape(pred, [n, -1])
            target = tf.reshape(target, [n, -1])
            valid_mask = tf.reshape(valid_mask, [n, -1])
            num = tf.reduce_sum(pred * target * valid_mask, axis=1) * 2 + smooth
            den = tf.reduce_sum(tf.pow(pred, exponent) + tf.pow(target, exponent), axis=1) + smooth
            return tf.reduce_mean(1 - num / den)

        def dice_loss(pred, target, valid_mask):
            total_loss = 0.0
            for i in range(classes):
                total_loss += binary_dice_loss(pred[..., i], target[..., i], valid_mask)
            return total_loss / classes

        logits = tf.tensordot(batch["maps"], kernel, axes=1) + bias
        target = tf.one_hot(tf.clip_by_value(batch["label"], 0, classes - 1), classes, dtype=f)
        valid = tf.cast(batch["label"] != 255, f)
        return dice_loss(tf.nn.softmax(logits), target, valid)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias]}
