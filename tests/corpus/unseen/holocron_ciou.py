"""CIoU written as v**2 / (1 - iou + v), suspected to differ from the paper's alpha * v with alpha = v / (1 - iou + v); it is the
same thing. Source: https://github.com/frgfm/holocron/issues/112"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def box_iou(b1, b2):
    lt = tf.maximum(b1[:, None, :2], b2[None, :, :2])
    rb = tf.minimum(b1[:, None, 2:], b2[None, :, 2:])
    inter = tf.reduce_prod(tf.maximum(rb - lt, 0.0), axis=-1)
    a1 = tf.reduce_prod(b1[:, 2:] - b1[:, :2], axis=-1)
    a2 = tf.reduce_prod(b2[:, 2:] - b2[:, :2], axis=-1)
    return inter / (a1[:, None] + a2[None, :] - inter)


def diou_loss(b1, b2):
    iou = box_iou(b1, b2)
    c_lt = tf.minimum(b1[:, None, :2], b2[None, :, :2])
    c_rb = tf.maximum(b1[:, None, 2:], b2[None, :, 2:])
    c2 = tf.reduce_sum((c_rb - c_lt) ** 2, -1)
    ctr = (b1[:, None, :2] + b1[:, None, 2:] - b2[None, :, :2] - b2[None, :, 2:]) / 2
    return 1 - iou + tf.reduce_sum(ctr ** 2, -1) / c2


def aspect_ratio_consistency(b1, b2):
    r1 = tf.atan((b1[:, 2] - b1[:, 0]) / (b1[:, 3] - b1[:, 1]))
    r2 = tf.atan((b2[:, 2] - b2[:, 0]) / (b2[:, 3] - b2[:, 1]))
    return (4 / math.pi ** 2) * (r1[:, None] - r2[None, :]) ** 2


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d = 6, 5
    x = rng.normal(size=(n, d)).astype("float32")
    lt = rng.uniform(0, 3, size=(n, 2))
    gt = np.concatenate([lt, lt + rng.uniform(1, 3, size=(n, 2))], 1).astype("float32")
    w = tf.Variable(rng.normal(scale=0.25, size=(d, 4)).astype("float32"))
    b = tf.Variable(np.array([1.0, 1.0, 0.5, 0.5], "float32"))

    def boxes(feat):
        out = feat @ w + b
        return tf.concat([out[:, :2], out[:, :2] + tf.nn.softplus(out[:, 2:]) + 0.3], axis=-1)

    def match(loss, gt_boxes, preds):
        # every prediction takes its own ground truth
        return tf.reduce_mean(tf.linalg.diag_part(loss))

    def reference(batch):
        pred = boxes(batch["x"])
        iou = box_iou(pred, batch["gt"])
        v = aspect_ratio_consistency(pred, batch["gt"])
        alpha = v / (1 - iou + v)
        return match(diou_loss(pred, batch["gt"]) + alpha * v, batch["gt"], pred)

    def candidate(batch):
        pred = boxes(batch["x"])
        iou = box_iou(pred, batch["gt"])
        v = aspect_ratio_consistency(pred, batch["gt"])
        ciou_loss = diou_loss(pred, batch["gt"])
        _filter = (v != 0) & (iou != 0)
        extra = v ** 2 / tf.where(_filter, (1 - iou) + v, 1.0 + v)
        ciou_loss = ciou_loss + extra
        return match(ciou_loss, batch["gt"], pred)

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "gt": gt}, "variables": [w, b]}
