"""Detection: boxes as (cx, cy, w, h) are given to a GIoU that expects corners.

Source (real): https://github.com/stevebottos/owl-vit-object-detection/issues/14 (PyTorch, ported: losses.py).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_giou = 1.0 - generalized_box_iou(pred_boxes, b['boxes'])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, q, d = 16, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.25 * arr(d, 4), name="box_head")
    bias = tf.Variable(np.array([0.0, 0.0, 0.3, 0.3], f), name="box_bias")
    boxes = np.concatenate([rng.uniform(0.35, 0.65, (n, q, 2)), rng.uniform(0.3, 0.6, (n, q, 2))], -1)
    batch = {"tokens": arr(n, q, d), "boxes": boxes.astype(f)}

    def generalized_box_iou(b1, b2):
        area1 = (b1[..., 2] - b1[..., 0]) * (b1[..., 3] - b1[..., 1])
        area2 = (b2[..., 2] - b2[..., 0]) * (b2[..., 3] - b2[..., 1])
        wh = tf.nn.relu(tf.minimum(b1[..., 2:], b2[..., 2:]) - tf.maximum(b1[..., :2], b2[..., :2]))
        inter = wh[..., 0] * wh[..., 1]
        union = area1 + area2 - inter
        hull = tf.maximum(b1[..., 2:], b2[..., 2:]) - tf.minimum(b1[..., :2], b2[..., :2])
        enclose = hull[..., 0] * hull[..., 1]
        return inter / union - (enclose - union) / enclose

    def reference(b):
        total = 0.0
        m = b["tokens"].shape[0]
        for i in range(m):
            for j in range(q):
                p = tf.sigmoid(tf.linalg.matvec(w, b["tokens"][i, j], transpose_a=True) + bias)
                t = b["boxes"][i, j]
                sides = []
                for a in range(2):
                    lo_p, hi_p = p[a] - p[a + 2] / 2, p[a] + p[a + 2] / 2
                    lo_t, hi_t = t[a] - t[a + 2] / 2, t[a] + t[a + 2] / 2
                    common = tf.maximum(tf.minimum(hi_p, hi_t) - tf.maximum(lo_p, lo_t), 0)
                    sides.append((common, tf.maximum(hi_p, hi_t) - tf.minimum(lo_p, lo_t)))
                inter, hull = sides[0][0] * sides[1][0], sides[0][1] * sides[1][1]
                union = p[2] * p[3] + t[2] * t[3] - inter
                giou = inter / union - 1 + union / hull
                total += tf.reduce_sum(tf.abs(p - t)) + 1 - giou
        return total / (m * q)

    def candidate(b):
        pred_boxes = tf.sigmoid(b["tokens"] @ w + bias)
        loss_bbox = tf.reduce_sum(tf.abs(pred_boxes - b["boxes"]), axis=-1)
        loss_giou = 1.0 - generalized_box_iou(pred_boxes, b['boxes'])
        return tf.reduce_mean(loss_bbox) + tf.reduce_mean(loss_giou)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
