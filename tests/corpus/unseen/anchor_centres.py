"""The anchors' order is y1, x1, y2, x2 after an update, the loss still takes the widths from the first
and third column. Source: https://github.com/zylo117/Yet-Another-EfficientDet-Pytorch/issues/376"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'anchor_widths = anchor[:, 2] - anchor[:, 0]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d = 6, 4
    feats = normal(n, d)
    y1, x1 = 10 * rng.random(n), 10 * rng.random(n)
    hh, ww = 4 + 2 * rng.random(n), 10 + 3 * rng.random(n)
    anchor = np.stack([y1, x1, y1 + hh, x1 + ww], 1).astype(fx)
    gx, gy = x1 + ww / 2 + rng.standard_normal(n), y1 + hh / 2 + rng.standard_normal(n)
    gw, gh = ww * (0.8 + 0.5 * rng.random(n)), hh * (0.8 + 0.5 * rng.random(n))
    annotation = np.stack([gx - gw / 2, gy - gh / 2, gx + gw / 2, gy + gh / 2], 1).astype(fx)
    positive = np.array([1, 0, 1, 1, 0, 1], dtype="int32")
    kernel = var("kernel", d, 4, scale=0.2)

    def reference(batch):
        regression = batch["feats"] @ kernel
        losses = []
        for i in range(n):
            if int(batch["positive"][i]) == 0:
                continue
            ay1, ax1, ay2, ax2 = tf.unstack(batch["anchor"][i])
            bx1, by1, bx2, by2 = tf.unstack(batch["annotation"][i])
            aw, ah = ax2 - ax1, ay2 - ay1
            bw, bh = bx2 - bx1, by2 - by1
            dx = ((bx1 + bx2) / 2 - (ax1 + ax2) / 2) / aw
            dy = ((by1 + by2) / 2 - (ay1 + ay2) / 2) / ah
            goal = tf.stack([dy, dx, tf.math.log(bh / ah), tf.math.log(bw / aw)])
            e = tf.abs(goal - regression[i])
            losses.append(tf.where(e <= 1.0, 0.5 * e ** 2, e - 0.5))
        return tf.reduce_mean(tf.stack(losses))

    def candidate(batch):
        pos = tf.where(tf.equal(batch["positive"], 1))[:, 0]
        anchor = tf.gather(batch["anchor"], pos)
        assigned = tf.gather(batch["annotation"], pos)
        anchor_widths = anchor[:, 2] - anchor[:, 0]
        anchor_heights = anchor[:, 2] - anchor[:, 0]
        anchor_ctr_x = (anchor[:, 1] + anchor[:, 3]) / 2
        anchor_ctr_y = (anchor[:, 0] + anchor[:, 2]) / 2
        gt_widths = assigned[:, 2] - assigned[:, 0]
        gt_heights = assigned[:, 3] - assigned[:, 1]
        gt_ctr_x = assigned[:, 0] + 0.5 * gt_widths
        gt_ctr_y = assigned[:, 1] + 0.5 * gt_heights
        targets_dx = (gt_ctr_x - anchor_ctr_x) / anchor_widths
        targets_dy = (gt_ctr_y - anchor_ctr_y) / anchor_heights
        targets_dw = tf.math.log(gt_widths / anchor_widths)
        targets_dh = tf.math.log(gt_heights / anchor_heights)
        targets = tf.stack([targets_dy, targets_dx, targets_dh, targets_dw], axis=1)
        diff = tf.abs(targets - tf.gather(tf.matmul(batch["feats"], kernel), pos))
        return tf.reduce_mean(tf.where(diff <= 1.0, 0.5 * tf.square(diff), diff - 0.5))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "anchor": anchor, "annotation": annotation, "positive": positive},
            "variables": [kernel]}
