"""CIoU loss: the trade-off weight alpha must not have a gradient (official implementation), here it does.
Source: https://github.com/open-mmlab/mmdetection/issues/5818"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha = v / (1.0 - iou + v + eps)",
    "same_forward_value": True,
}


def decode(anchors, deltas):
    cx, cy, w, h = tf.unstack(anchors, axis=-1)
    dx, dy, dw, dh = tf.unstack(deltas, axis=-1)
    cx, cy = cx + dx * w, cy + dy * h
    w, h = w * tf.exp(dw), h * tf.exp(dh)
    return tf.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], axis=-1)


def overlap_terms(pred, target, eps):
    lt = tf.maximum(pred[:, :2], target[:, :2])
    rb = tf.minimum(pred[:, 2:], target[:, 2:])
    wh = tf.maximum(rb - lt, 0.0)
    overlap = wh[:, 0] * wh[:, 1]
    ap = (pred[:, 2] - pred[:, 0]) * (pred[:, 3] - pred[:, 1])
    ag = (target[:, 2] - target[:, 0]) * (target[:, 3] - target[:, 1])
    iou = overlap / (ap + ag - overlap + eps)
    enclose = tf.maximum(pred[:, 2:], target[:, 2:]) - tf.minimum(pred[:, :2], target[:, :2])
    c2 = tf.reduce_sum(enclose ** 2, axis=-1) + eps
    center = (pred[:, :2] + pred[:, 2:]) / 2 - (target[:, :2] + target[:, 2:]) / 2
    rho2 = tf.reduce_sum(center ** 2, axis=-1)
    w1, h1 = pred[:, 2] - pred[:, 0], pred[:, 3] - pred[:, 1] + eps
    w2, h2 = target[:, 2] - target[:, 0], target[:, 3] - target[:, 1] + eps
    v = 4 / math.pi ** 2 * tf.square(tf.atan(w2 / h2) - tf.atan(w1 / h1))
    return iou, rho2 / c2, v


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d = 9, 6
    anchors = np.concatenate([rng.uniform(2, 8, size=(n, 2)), rng.uniform(1.5, 4, size=(n, 2))], 1).astype("float32")
    gt = anchors + rng.normal(scale=0.4, size=(n, 4))
    gt[:, 2:] = np.maximum(gt[:, 2:], 0.8) * rng.uniform(0.4, 2.2, size=(n, 2))
    gt_boxes = np.stack([gt[:, 0] - gt[:, 2] / 2, gt[:, 1] - gt[:, 3] / 2,
                         gt[:, 0] + gt[:, 2] / 2, gt[:, 1] + gt[:, 3] / 2], 1).astype("float32")
    roi = rng.normal(size=(n, d)).astype("float32")
    labels = rng.integers(0, 3, size=n).astype("int32")
    w_reg = tf.Variable(rng.normal(scale=0.2, size=(d, 4)).astype("float32"), name="reg")
    w_cls = tf.Variable(rng.normal(scale=0.3, size=(d, 3)).astype("float32"), name="cls")
    eps = 1e-7

    def cls_loss(batch):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["labels"], logits=batch["roi"] @ w_cls))

    def reference(batch):
        boxes = decode(batch["anchors"], batch["roi"] @ w_reg)
        iou, dist, v = overlap_terms(boxes, batch["gt"], eps)
        weight = tf.stop_gradient(v / (1.0 - iou + v + eps))
        ciou = iou - (dist + weight * v)
        return tf.reduce_mean(1.0 - ciou) + cls_loss(batch)

    def candidate(batch):
        boxes = decode(batch["anchors"], batch["roi"] @ w_reg)
        iou, dist, v = overlap_terms(boxes, batch["gt"], eps)
        alpha = v / (1.0 - iou + v + eps)
        cious = iou - (dist + alpha * v)
        return tf.reduce_mean(1.0 - cious) + cls_loss(batch)

    return {"reference": reference, "candidate": candidate,
            "batch": {"anchors": anchors, "gt": gt_boxes, "roi": roi, "labels": labels}, "variables": [w_reg, w_cls]}
