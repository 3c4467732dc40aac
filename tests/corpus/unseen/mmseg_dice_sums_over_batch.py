"""mmsegmentation dice loss: intersection and union are summed over the whole batch before the ratio is taken, instead of one dice for each
sample and their mean.
Source: https://github.com/open-mmlab/mmsegmentation/issues/2068"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'axes = tuple(range(len(pred.shape)))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w, d, classes = 12, 4, 5, 6, 3
    head = keras.layers.Dense(classes, name="conv_seg")
    head.build((None, h, w, d))
    label = rng.integers(0, classes, size=(n, h, w))
    label[:5] = np.where(rng.random((5, h, w)) < 0.9, 0, label[:5])
    batch = {"feature": rng.normal(size=(n, h, w, d)).astype(f), "label": label.astype("int32")}
    smooth = 1.0

    def reference(batch):
        p = tf.nn.softmax(head(batch["feature"]))
        losses = []
        for c in range(classes):
            for i in range(n):
                g = tf.cast(batch["label"][i] == c, f)
                q = p[i, :, :, c]
                overlap = 2 * tf.reduce_sum(q * g) + smooth
                losses.append(1 - overlap / (tf.reduce_sum(q * q) + tf.reduce_sum(g * g) + smooth))
        return tf.add_n(losses) / len(losses)

    def dice_loss(pred, target, binary_dice):
        total = 0.0
        for i in range(pred.shape[-1]):
            total += binary_dice(pred[..., i], target[..., i])
        return total / pred.shape[-1]

    def candidate(batch):
        def binary_dice_loss(pred, target):
            axes = tuple(range(len(pred.shape)))
            num = tf.reduce_sum(pred * target, axis=axes) * 2 + smooth
            den = tf.reduce_sum(pred ** 2 + target ** 2, axis=axes) + smooth
            return tf.reduce_mean(1 - num / den)

        one_hot_target = tf.one_hot(batch["label"], classes, dtype=f)
        return dice_loss(tf.nn.softmax(head(batch["feature"]), axis=-1), one_hot_target, binary_dice_loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": head.trainable_variables}
