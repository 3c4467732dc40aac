"""pytorch-retinanet: the annotation reader parses box coordinates as integers; with coordinates in [0, 1] all boxes become
zero and the regression targets are wrong.
Source: https://github.com/yhenon/pytorch-retinanet/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "boxes = np.array([[parse(c) for c in row] for row in rows], dtype=np.int64)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 18, 7
    reg_head = keras.layers.Dense(4, name="regression")
    reg_head.build((None, d))
    lo = rng.uniform(0.0, 0.5, size=(n, 2))
    gt = np.concatenate([lo, lo + rng.uniform(0.2, 0.9, size=(n, 2))], axis=1) * 2.0
    centre = rng.uniform(0.3, 1.2, size=(n, 2))
    anchors = np.concatenate([centre - 0.3, centre + 0.3], axis=1)
    batch = {
        "feature": rng.normal(size=(n, d)).astype(f),
        "anchors": anchors.astype(f),
        "annotations": gt.astype(f),
    }
    std = np.array([0.1, 0.1, 0.2, 0.2], dtype=f)

    def smooth_l1(e):
        e = tf.abs(e)
        return tf.where(e <= 1.0 / 9.0, 0.5 * 9.0 * e ** 2, e - 0.5 / 9.0)

    def reference(batch):
        pred = reg_head(batch["feature"])
        a, g = batch["anchors"], batch["annotations"]
        a_size, g_size = a[:, 2:] - a[:, :2], tf.maximum(g[:, 2:] - g[:, :2], 1e-2)
        shift = (g[:, :2] + 0.5 * g_size - a[:, :2] - 0.5 * a_size) / a_size
        goal = tf.concat([shift, tf.math.log(g_size / a_size)], axis=1) / std
        return tf.reduce_mean(smooth_l1(goal - pred))

    def candidate(batch):
        def load_annotations(rows, parse):
            boxes = np.array([[parse(c) for c in row] for row in rows], dtype=np.int64)
            return tf.constant(boxes, dtype=f)

        boxes = load_annotations(batch["annotations"].numpy(), float)
        anchor = batch["anchors"]
        anchor_w, anchor_h = anchor[:, 2] - anchor[:, 0], anchor[:, 3] - anchor[:, 1]
        anchor_x, anchor_y = anchor[:, 0] + 0.5 * anchor_w, anchor[:, 1] + 0.5 * anchor_h
        gt_w = tf.maximum(boxes[:, 2] - boxes[:, 0], 1e-2)
        gt_h = tf.maximum(boxes[:, 3] - boxes[:, 1], 1e-2)
        gt_x, gt_y = boxes[:, 0] + 0.5 * gt_w, boxes[:, 1] + 0.5 * gt_h
        dx, dy = (gt_x - anchor_x) / anchor_w, (gt_y - anchor_y) / anchor_h
        dw, dh = tf.math.log(gt_w / anchor_w), tf.math.log(gt_h / anchor_h)
        targets = tf.stack([dx, dy, dw, dh], axis=1) / std
        return tf.reduce_mean(smooth_l1(targets - reg_head(batch["feature"])))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": reg_head.trainable_variables}
