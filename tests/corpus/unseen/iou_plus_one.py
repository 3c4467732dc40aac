"""The areas of the boxes count an additional pixel, width and height of the intersection do not. Source: https://github.com/xg-chu/CrowdDet/issues/47"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'wh = tf.minimum(box[:, None, 2:], gt[None, :, 2:4]) - tf.maximum(box[:, None, :2], gt[None, :, :2])',
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

    n, m, d = 4, 3, 5
    feats = normal(n, d)
    base = np.array([[0, 0, 6, 7], [2, 1, 9, 6], [4, 4, 9, 11], [1, 5, 8, 10]]).astype(fx)
    gt = np.array([[1, 1, 7, 6], [3, 2, 9, 9], [5, 4, 10, 12]]).astype(fx)
    ignore = np.array([0, 0, 1], dtype="int32")
    kernel = var("kernel", d, 4, scale=0.1)

    def reference(batch):
        boxes = batch["base"] + batch["feats"] @ kernel
        total = 0.0
        for i in range(n):
            best = 0.0
            for j in range(m):
                if int(batch["ignore"][j]):
                    continue
                x1 = tf.maximum(boxes[i, 0], batch["gt"][j, 0])
                y1 = tf.maximum(boxes[i, 1], batch["gt"][j, 1])
                x2 = tf.minimum(boxes[i, 2], batch["gt"][j, 2])
                y2 = tf.minimum(boxes[i, 3], batch["gt"][j, 3])
                inter = tf.maximum(x2 - x1 + 1, 0.0) * tf.maximum(y2 - y1 + 1, 0.0)
                a = (boxes[i, 2] - boxes[i, 0] + 1) * (boxes[i, 3] - boxes[i, 1] + 1)
                g = (batch["gt"][j, 2] - batch["gt"][j, 0] + 1) * (batch["gt"][j, 3] - batch["gt"][j, 1] + 1)
                best = tf.maximum(best, inter / (a + g - inter))
            total += 1.0 - best
        return total / n

    def candidate(batch):
        box = batch["base"] + tf.matmul(batch["feats"], kernel)
        gt = batch["gt"]
        area_box = (box[:, 2] - box[:, 0] + 1) * (box[:, 3] - box[:, 1] + 1)
        area_gt = (gt[:, 2] - gt[:, 0] + 1) * (gt[:, 3] - gt[:, 1] + 1)
        wh = tf.minimum(box[:, None, 2:], gt[None, :, 2:4]) - tf.maximum(box[:, None, :2], gt[None, :, :2])
        wh = tf.maximum(wh, 0.0)
        inter = wh[:, :, 0] * wh[:, :, 1]
        iou = inter / (area_box[:, None] + area_gt[None, :] - inter)
        keep = tf.cast(tf.equal(batch["ignore"], 0), iou.dtype)
        return tf.reduce_mean(1.0 - tf.reduce_max(iou * keep[None, :], axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "base": base, "gt": gt, "ignore": ignore}, "variables": [kernel]}
