"""Pairwise complete IoU: the aspect-ratio term v is computed per index (n,) and broadcast over the (n, n) matrix of pairs.

Source (real): https://github.com/pytorch/vision/issues/6317 (complete_box_iou, PyTorch, ported; a maintainer confirms that with sets of
the same size the values are wrong).
Right answer: NOT equivalent. v has to be the difference of every ratio of the first set to every ratio of the second one.
"""
import math

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "v = (4 / math.pi**2) * tf.square(tf.atan(w_pred / h_pred) - tf.atan(w_gt / h_gt))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, eps = 17, 5, 1e-7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_centre = tf.Variable(0.2 * arr(d, 2), name="centre_w")
    w_size = tf.Variable(0.6 * arr(d, 2), name="size_w")
    corner = 0.6 * arr(n, 2)
    batch = {
        "feat": arr(n, d),
        "gt": np.concatenate([corner, corner + np.exp(0.8 * rng.standard_normal((n, 2)))], axis=1).astype(f),
        "key": arr(n),
        "gt_key": arr(n),
    }

    def boxes(feat):
        centre, size = feat @ w_centre, tf.exp(feat @ w_size)
        return tf.concat([centre - size / 2, centre + size / 2], axis=1)

    def reference(b):
        def single_ciou(p, t):
            iw = tf.maximum(tf.minimum(p[2], t[2]) - tf.maximum(p[0], t[0]), 0.0)
            ih = tf.maximum(tf.minimum(p[3], t[3]) - tf.maximum(p[1], t[1]), 0.0)
            pw, ph, tw, th = p[2] - p[0], p[3] - p[1], t[2] - t[0], t[3] - t[1]
            iou = iw * ih / (pw * ph + tw * th - iw * ih)
            cw = tf.maximum(p[2], t[2]) - tf.minimum(p[0], t[0])
            ch = tf.maximum(p[3], t[3]) - tf.minimum(p[1], t[1])
            rho2 = ((p[0] + p[2] - t[0] - t[2]) ** 2 + (p[1] + p[3] - t[1] - t[3]) ** 2) / 4
            v = 4 / math.pi**2 * (tf.atan(pw / ph) - tf.atan(tw / th)) ** 2
            alpha = tf.stop_gradient(v / (1 - iou + v + eps))
            return iou - rho2 / (cw**2 + ch**2 + eps) - alpha * v

        pred, gt = boxes(b["feat"]), b["gt"]
        pred = [tf.unstack(row) for row in tf.unstack(pred)]
        gt = [[tf.constant(x) for x in row] for row in gt.numpy()]
        total = 0.0
        for i, p in enumerate(pred):
            for j, t in enumerate(gt):
                total += tf.exp(-4.0 * (b["key"][i] - b["gt_key"][j]) ** 2) / len(pred) * (1.0 - single_ciou(p, t))
        return total

    def candidate(b):
        def complete_box_iou(boxes1, boxes2):
            lt = tf.maximum(boxes1[:, None, :2], boxes2[:, :2])
            rb = tf.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
            wh = tf.maximum(rb - lt, 0.0)
            inter = wh[..., 0] * wh[..., 1]
            w_pred, h_pred = boxes1[:, 2] - boxes1[:, 0], boxes1[:, 3] - boxes1[:, 1]
            w_gt, h_gt = boxes2[:, 2] - boxes2[:, 0], boxes2[:, 3] - boxes2[:, 1]
            iou = inter / ((w_pred * h_pred)[:, None] + w_gt * h_gt - inter)
            lti = tf.minimum(boxes1[:, None, :2], boxes2[:, :2])
            rbi = tf.maximum(boxes1[:, None, 2:], boxes2[:, 2:])
            diagonal = tf.reduce_sum(tf.square(rbi - lti), -1) + eps
            mid1, mid2 = (boxes1[:, :2] + boxes1[:, 2:]) / 2, (boxes2[:, :2] + boxes2[:, 2:]) / 2
            centers_distance = tf.reduce_sum(tf.square(mid1[:, None, :] - mid2), -1)
            diou = iou - centers_distance / diagonal
            v = (4 / math.pi**2) * tf.square(tf.atan(w_pred / h_pred) - tf.atan(w_gt / h_gt))
            alpha = tf.stop_gradient(v / (1 - iou + v + eps))
            return diou - alpha * v

        plan = tf.exp(-4.0 * tf.square(b["key"][:, None] - b["gt_key"])) / b["key"].shape[0]
        return tf.reduce_sum(plan * (1.0 - complete_box_iou(boxes(b["feat"]), b["gt"])))

    return {"variables": [w_centre, w_size], "batch": batch, "reference": reference, "candidate": candidate}
