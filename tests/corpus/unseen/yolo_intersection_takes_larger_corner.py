"""YOLOv3 IoU between true and predicted boxes: the lower right corner of the intersection is computed with maximum
instead of minimum (that is the corner of the hull).
Source: https://github.com/YunYang1994/tensorflow-yolov3/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "intersect_xy2 = tf.maximum(true_xy + true_wh / 2.0, pred_xy + pred_wh / 2.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat = 15, 6
    w_xy = tf.Variable(rng.normal(size=(feat, 2)).astype(f) * 0.2, name="w_xy")
    w_wh = tf.Variable(rng.normal(size=(feat, 2)).astype(f) * 0.2, name="w_wh")
    batch = {
        "cells": rng.normal(size=(n, feat)).astype(f),
        "boxes": np.concatenate([rng.uniform(0.35, 0.65, (n, 2)), rng.uniform(0.5, 1.2, (n, 2))], 1).astype(f),
    }

    def reference(batch):
        centre = tf.sigmoid(tf.matmul(batch["cells"], w_xy))
        size = tf.exp(tf.matmul(batch["cells"], w_wh))
        losses = []
        for axis in range(2):
            p0, p1 = centre[:, axis] - size[:, axis] / 2, centre[:, axis] + size[:, axis] / 2
            t0 = batch["boxes"][:, axis] - batch["boxes"][:, 2 + axis] / 2
            t1 = batch["boxes"][:, axis] + batch["boxes"][:, 2 + axis] / 2
            losses.append(tf.nn.relu(tf.minimum(p1, t1) - tf.maximum(p0, t0)))
        inter = losses[0] * losses[1]
        union = size[:, 0] * size[:, 1] + batch["boxes"][:, 2] * batch["boxes"][:, 3] - inter
        return 1.0 - tf.reduce_mean(inter / union)

    def candidate(batch):
        def decode(cells):
            return tf.nn.sigmoid(cells @ w_xy), tf.math.exp(cells @ w_wh)

        def loss_layer(pred_xy, pred_wh, true_xy, true_wh):
            intersect_xy1 = tf.maximum(true_xy - true_wh / 2.0, pred_xy - pred_wh / 2.0)
            intersect_xy2 = tf.maximum(true_xy + true_wh / 2.0, pred_xy + pred_wh / 2.0)
            intersect_wh = tf.maximum(intersect_xy2 - intersect_xy1, 0.0)
            intersect_area = intersect_wh[..., 0] * intersect_wh[..., 1]
            pred_area = tf.reduce_prod(pred_wh, -1)
            true_area = tf.reduce_prod(true_wh, -1)
            iou = intersect_area / (pred_area + true_area - intersect_area)
            return tf.reduce_mean(1.0 - iou)

        xy, wh = decode(batch["cells"])
        return loss_layer(xy, wh, batch["boxes"][..., 0:2], batch["boxes"][..., 2:4])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_xy, w_wh]}
