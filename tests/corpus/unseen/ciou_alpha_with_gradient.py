"""CIoU in a detection loss with several terms: the trade-off alpha is differentiated, though it is meant as a constant.

Source (real): https://github.com/open-mmlab/mmdetection/issues/5818
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'cious = ious - (rho2 / c2 + v ** 2 / (1.0 - ious + v))',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 12, 6
    reg = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.15, name="reg")
    cls = tf.Variable(rng.normal(size=(d, 1)).astype("float32") * 0.3, name="cls")
    priors = np.concatenate([rng.uniform(4, 8, size=(n, 2)), np.stack([rng.uniform(3, 4, n), rng.uniform(1, 1.5, n)], -1)], -1)
    gt = np.concatenate([priors[:, :2] + rng.normal(size=(n, 2)) * 0.2, np.stack([rng.uniform(1.5, 2, n), rng.uniform(2, 3, n)], -1)], -1)
    positive = (rng.uniform(size=n) < 0.7).astype("float32")
    positive[0] = 1.0
    batch = {
        "feat": rng.normal(size=(n, d)).astype("float32"),
        "prior": priors.astype("float32"),
        "gt": gt.astype("float32"),
        "positive": positive,
    }

    def decode(b):
        t = b["feat"] @ reg
        return b["prior"][:, :2] + t[:, :2], b["prior"][:, 2:] * tf.exp(t[:, 2:])

    def objectness(b):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(b["positive"][:, None], b["feat"] @ cls))

    def overlap(c1, s1, c2, s2):
        lo = tf.maximum(c1 - s1 / 2, c2 - s2 / 2)
        hi = tf.minimum(c1 + s1 / 2, c2 + s2 / 2)
        inter = tf.reduce_prod(tf.nn.relu(hi - lo), -1)
        return inter / (tf.reduce_prod(s1, -1) + tf.reduce_prod(s2, -1) - inter)

    def hull_diag2(c1, s1, c2, s2):
        lo = tf.minimum(c1 - s1 / 2, c2 - s2 / 2)
        hi = tf.maximum(c1 + s1 / 2, c2 + s2 / 2)
        return tf.reduce_sum((hi - lo) ** 2, -1)

    def reference(b):
        (xy, wh), g = decode(b), b["gt"]
        iou = overlap(xy, wh, g[:, :2], g[:, 2:])
        dist = tf.reduce_sum((xy - g[:, :2]) ** 2, -1) / hull_diag2(xy, wh, g[:, :2], g[:, 2:])
        aspect = 4.0 / math.pi ** 2 * (tf.atan(g[:, 2] / g[:, 3]) - tf.atan(wh[:, 0] / wh[:, 1])) ** 2
        alpha = tf.stop_gradient(aspect / (1.0 - iou + aspect))
        box = 1.0 - iou + dist + alpha * aspect
        return tf.reduce_sum(box * b["positive"]) / tf.reduce_sum(b["positive"]) + objectness(b)

    def candidate(b):
        pred_xy, pred_wh = decode(b)
        gt_xy, gt_wh = tf.split(b["gt"], 2, axis=-1)
        ious = overlap(pred_xy, pred_wh, gt_xy, gt_wh)
        c2 = hull_diag2(pred_xy, pred_wh, gt_xy, gt_wh)
        rho2 = tf.reduce_sum(tf.square(gt_xy - pred_xy), axis=-1)
        factor = 4.0 / math.pi ** 2
        v = factor * tf.square(tf.atan(gt_wh[:, 0] / gt_wh[:, 1]) - tf.atan(pred_wh[:, 0] / pred_wh[:, 1]))
        cious = ious - (rho2 / c2 + v ** 2 / (1.0 - ious + v))
        loss_bbox = tf.reduce_sum((1.0 - cious) * b["positive"]) / tf.reduce_sum(b["positive"])
        return loss_bbox + objectness(b)

    return {"variables": [reg, cls], "batch": batch, "reference": reference, "candidate": candidate}
