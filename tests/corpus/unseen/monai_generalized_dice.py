"""Generalized Dice loss: the class weights multiply numerator and denominator, but the ratio is taken element by element before summing over classes, so the weights cancel. Source: https://github.com/Project-MONAI/MONAI/issues/369"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "f = 1.0 - (2.0 * intersection * w + smooth) / (denominator * w + smooth)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, hw, classes = 4, 6, 3
    smooth = 1e-5
    unet = tf.keras.Sequential([
        tf.keras.layers.Input((hw, hw, 1)),
        tf.keras.layers.Conv2D(6, 3, padding="same", activation="relu"),
        tf.keras.layers.Conv2D(classes, 1),
    ])

    def prepare(batch):
        pred = tf.nn.softmax(unet(batch["image"]), axis=-1)
        target = tf.one_hot(batch["label"], classes)
        ground_o = tf.reduce_sum(target, axis=[1, 2])
        pred_o = tf.reduce_sum(pred, axis=[1, 2])
        w = tf.math.reciprocal(tf.square(tf.maximum(ground_o, 1.0)))
        return tf.reduce_sum(target * pred, axis=[1, 2]), ground_o + pred_o, w

    def reference(batch):
        inter, denom, w = prepare(batch)
        score = (2.0 * tf.reduce_sum(inter * w, axis=-1) + smooth) / (tf.reduce_sum(denom * w, axis=-1) + smooth)
        return tf.reduce_mean(1.0 - score)

    def candidate(batch):
        intersection, denominator, w = prepare(batch)
        f = 1.0 - (2.0 * intersection * w + smooth) / (denominator * w + smooth)
        return tf.reduce_mean(f)

    label = np.zeros((n, hw, hw), np.int32)
    label[:, 1:5, 1:4] = 1
    label[:, 3, 3] = 2
    batch = {"image": rng.normal(size=(n, hw, hw, 1)).astype(np.float32), "label": label}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": unet.trainable_variables}
