"""Dice is computed over the whole batch, so that samples with tiny targets
count less; each instance should have the same weight. Source: https://github.com/ivadomed/ivadomed/issues/910"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'axes = tuple(range(probs.shape.rank))',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, h, w = 5, 6, 6
    conv = var("conv", 3, 3, 2, 1, scale=0.5)
    bias = var("bias", 1)
    smooth = 1.0
    image = rng.standard_normal((n, h, w, 2)).astype(fx)
    size = np.array([1, 2, 3, 5, 6])
    mask = np.stack([(np.add.outer(np.arange(h), np.arange(w)) < s) for s in size])[..., None].astype(fx)

    def segment(x):
        return tf.sigmoid(tf.nn.conv2d(x, conv, 1, "SAME") + bias)

    def reference(batch):
        pred = segment(batch["image"])
        losses = []
        for i in range(n):
            iflat = tf.reshape(pred[i], [-1])
            tflat = tf.reshape(batch["mask"][i], [-1])
            intersection = tf.reduce_sum(iflat * tflat)
            score = (2.0 * intersection + smooth) / (tf.reduce_sum(iflat) + tf.reduce_sum(tflat) + smooth)
            losses.append(1.0 - score)
        return tf.add_n(losses) / n

    def candidate(batch):
        probs = segment(batch["image"])
        gt = batch["mask"]
        axes = tuple(range(probs.shape.rank))
        overlap = tf.reduce_sum(probs * gt, axis=axes)
        total = tf.reduce_sum(probs, axis=axes) + tf.reduce_sum(gt, axis=axes)
        dice = (2.0 * overlap + smooth) / (total + smooth)
        return tf.reduce_mean(1.0 - dice)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": image, "mask": mask}, "variables": [conv, bias]}
