"""mmdet's ciou_loss lets the gradient flow through the trade-off weight alpha, which the official code holds fixed.
Source: https://github.com/open-mmlab/mmdetection/pull/5835"""
import math

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha = v / tf.maximum(1 - ious + v, eps)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, eps = 6, 5, 1e-7
    fc = keras.layers.Dense(4, name="fc_reg",
                            kernel_initializer=keras.initializers.RandomNormal(stddev=0.3, seed=seed))
    fc.build((n, d))

    def boxes(batch):
        delta = fc(batch["x"])
        wh = batch["anchor"][:, 2:] * tf.exp(0.3 * delta[:, 2:])
        xy = batch["anchor"][:, :2] + 0.2 * delta[:, :2]
        return tf.concat([xy - wh / 2, xy + wh / 2], axis=1)

    def parts(pred, target):
        lt = tf.maximum(pred[:, :2], target[:, :2])
        rb = tf.minimum(pred[:, 2:], target[:, 2:])
        overlap = tf.reduce_prod(tf.maximum(rb - lt, 0), axis=1)
        ap = tf.reduce_prod(pred[:, 2:] - pred[:, :2], axis=1)
        ag = tf.reduce_prod(target[:, 2:] - target[:, :2], axis=1)
        iou = overlap / (ap + ag - overlap + eps)
        enclose = tf.maximum(pred[:, 2:], target[:, 2:]) - tf.minimum(pred[:, :2], target[:, :2])
        c2 = tf.reduce_sum(enclose ** 2, axis=1) + eps
        mid = (pred[:, :2] + pred[:, 2:] - target[:, :2] - target[:, 2:]) / 2
        return iou, tf.reduce_sum(mid ** 2, axis=1), c2

    def reference(batch):
        pred, target = boxes(batch), batch["gt"]
        iou, rho2, c2 = parts(pred, target)
        pw, ph = pred[:, 2] - pred[:, 0], pred[:, 3] - pred[:, 1] + eps
        gw, gh = target[:, 2] - target[:, 0], target[:, 3] - target[:, 1] + eps
        angle = tf.atan(gw / gh) - tf.atan(pw / ph)
        v = (2 / math.pi * angle) ** 2
        frozen_iou, frozen_v = tf.stop_gradient(iou), tf.stop_gradient(v)
        tradeoff = frozen_v / tf.maximum(1 - frozen_iou + frozen_v, eps)
        penalty = rho2 / c2 + tradeoff * v
        loss = 1 - iou + penalty
        return tf.reduce_sum(loss * batch["weight"]) / n

    def candidate(batch):
        pred, target = boxes(batch), batch["gt"]
        ious, rho2, c2 = parts(pred, target)
        w1, h1 = pred[:, 2] - pred[:, 0], pred[:, 3] - pred[:, 1] + eps
        w2, h2 = target[:, 2] - target[:, 0], target[:, 3] - target[:, 1] + eps
        factor = 4 / math.pi ** 2
        v = factor * tf.pow(tf.atan(w2 / h2) - tf.atan(w1 / h1), 2)
        alpha = v / tf.maximum(1 - ious + v, eps)
        cious = ious - (rho2 / c2 + alpha * v)
        loss = 1 - cious
        return tf.reduce_sum(loss * batch["weight"]) / n

    c = rng.uniform(3, 4, size=(n, 2))
    wh = rng.uniform(1.0, 2.0, size=(n, 2))
    gwh = wh * np.stack([rng.uniform(1.5, 2.5, n), rng.uniform(0.4, 0.7, n)], 1)
    g = c + rng.uniform(-0.2, 0.2, size=(n, 2))
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "anchor": np.concatenate([c, wh], 1).astype(fx),
                      "gt": np.concatenate([g - gwh / 2, g + gwh / 2], 1).astype(fx),
                      "weight": rng.uniform(0.5, 1.5, size=n).astype(fx)},
            "variables": fc.trainable_variables}
