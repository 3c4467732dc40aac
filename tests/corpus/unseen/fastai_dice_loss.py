"""The Dice loss summed intersection and union over batch and classes too, so the background class drowned the rest; only the
image axes should be summed and the (sample, class) scores averaged. Source: https://github.com/fastai/fastai/pull/3439"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "sum_dims = list(range(len(pred.shape)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, size, classes = 4, 8, 3
    x = rng.normal(size=(n, size, size, 2)).astype("float32")
    # background heavy masks, one image without class 2
    labels = rng.choice(classes, size=(n, size, size), p=[0.75, 0.18, 0.07]).astype("int32")
    labels[1][labels[1] == 2] = 0

    unet = keras.Sequential([
        keras.layers.Input((size, size, 2)),
        keras.layers.Conv2D(6, 3, padding="same", activation="elu"),
        keras.layers.Conv2D(classes, 1),
    ])
    smooth = 1e-6

    def prepare(batch):
        logits = unet(batch["image"])
        pred = tf.nn.softmax(logits, axis=-1)
        target = tf.one_hot(batch["mask"], classes)
        return logits, pred, target

    def ce(logits, mask):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=mask, logits=logits))

    def reference(batch):
        logits, pred, target = prepare(batch)
        image_axes = [1, 2]
        inter = tf.reduce_sum(pred * target, axis=image_axes)
        union = tf.reduce_sum(pred + target, axis=image_axes)
        dice = 1.0 - (2.0 * inter + smooth) / (union + smooth)
        return tf.reduce_mean(dice) + 0.5 * ce(logits, batch["mask"])

    def candidate(batch):
        logits, pred, target = prepare(batch)
        sum_dims = list(range(len(pred.shape)))
        inter = tf.reduce_sum(pred * target, axis=sum_dims)
        union = tf.reduce_sum(pred + target, axis=sum_dims)
        dice = 1.0 - (2.0 * inter + smooth) / (union + smooth)
        return tf.reduce_mean(dice) + 0.5 * ce(logits, batch["mask"])

    return {"reference": reference, "candidate": candidate, "batch": {"image": x, "mask": labels},
            "variables": unet.trainable_variables}
