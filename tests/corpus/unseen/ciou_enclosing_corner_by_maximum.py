"""The left/top corner of the enclosing box in CIoU is taken by maximum instead of minimum.

Source (real): https://github.com/pythonlessons/TensorFlow-2.x-YOLOv3/issues/157
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'left_up = tf.maximum(boxes1_coor[..., :2], boxes2_coor[..., :2])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 12, 5
    w = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.12, name="box_head")
    bias = tf.Variable(np.zeros(4, dtype="float32"), name="box_bias")
    gt = np.concatenate([rng.uniform(2.0, 6.0, (n, 2)), rng.uniform(1.5, 4.0, (n, 2))], axis=1).astype("float32")
    batch = {
        "feat": rng.normal(size=(n, d)).astype("float32"),
        "anchor": (gt * rng.uniform(0.8, 1.25, (n, 4))).astype("float32"),
        "gt": gt,
        "conf": (rng.random(n) < 0.7).astype("float32") + 0.2,
    }

    def decode(b):
        t = b["feat"] @ w + bias
        xy = b["anchor"][:, :2] + t[:, :2]
        wh = b["anchor"][:, 2:] * tf.exp(t[:, 2:])
        return tf.concat([xy, wh], axis=1)

    def corners(box):
        half = box[..., 2:] * 0.5
        return tf.concat([box[..., :2] - half, box[..., :2] + half], axis=-1)

    def iou_of(c1, c2, b1, b2):
        inter = tf.maximum(tf.minimum(c1[..., 2:], c2[..., 2:]) - tf.maximum(c1[..., :2], c2[..., :2]), 0.0)
        area = inter[..., 0] * inter[..., 1]
        return area / (b1[..., 2] * b1[..., 3] + b2[..., 2] * b2[..., 3] - area)

    def aspect(b1, b2, iou):
        v = tf.square(tf.atan(b1[..., 2] / b1[..., 3]) - tf.atan(b2[..., 2] / b2[..., 3])) * 4.0 / np.pi ** 2
        return v * tf.stop_gradient(v / (1.0 - iou + v + 1e-7))

    def reference(b):
        pred = decode(b)
        p, g = corners(pred), corners(b["gt"])
        iou = iou_of(p, g, pred, b["gt"])
        enclose = tf.maximum(p[:, 2:], g[:, 2:]) - tf.minimum(p[:, :2], g[:, :2])
        diag = tf.reduce_sum(tf.square(enclose), axis=1)
        centre = tf.reduce_sum(tf.square(pred[:, :2] - b["gt"][:, :2]), axis=1)
        ciou = iou - centre / diag - aspect(pred, b["gt"], iou)
        return tf.reduce_mean(b["conf"] * (1.0 - ciou))

    def candidate(b):
        boxes1, boxes2 = decode(b), b["gt"]
        boxes1_coor, boxes2_coor = corners(boxes1), corners(boxes2)
        iou = iou_of(boxes1_coor, boxes2_coor, boxes1, boxes2)
        left_up = tf.maximum(boxes1_coor[..., :2], boxes2_coor[..., :2])
        right_down = tf.maximum(boxes1_coor[..., 2:], boxes2_coor[..., 2:])
        c = tf.reduce_sum(tf.square(right_down - left_up), axis=-1)
        u = tf.reduce_sum(tf.square(boxes1[..., :2] - boxes2[..., :2]), axis=-1)
        ciou = iou - u / c - aspect(boxes1, boxes2, iou)
        return tf.reduce_mean(b["conf"] * (1.0 - ciou))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
