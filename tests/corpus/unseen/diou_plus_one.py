"""DIoU loss ported with the old +1 pixel convention in the overlap although the box areas are plain differences.
Source: https://github.com/open-mmlab/mmdetection/pull/3151"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "wh = tf.maximum(rb - lt + 1.0, 0.0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, eps = 6, 5, 1e-7
    w = tf.Variable((0.3 * rng.normal(size=(d, 4))).astype(fx), name="bbox_w")
    b = tf.Variable((0.5 * rng.normal(size=(4,))).astype(fx), name="bbox_b")
    anchor = rng.uniform(5, 15, size=(n, 2))
    anchors = np.concatenate([anchor, anchor + rng.uniform(6, 10, size=(n, 2))], 1)
    gts = anchors + rng.uniform(-2, 2, size=(n, 4))

    def reference(batch):
        box = batch["anchors"] + batch["feat"] @ w + b
        px1, py1, px2, py2 = tf.unstack(box, axis=1)
        gx1, gy1, gx2, gy2 = tf.unstack(batch["gts"], axis=1)
        iw = tf.nn.relu(tf.minimum(px2, gx2) - tf.maximum(px1, gx1))
        ih = tf.nn.relu(tf.minimum(py2, gy2) - tf.maximum(py1, gy1))
        inter = iw * ih
        union = (px2 - px1) * (py2 - py1) + (gx2 - gx1) * (gy2 - gy1) - inter
        cw = tf.maximum(px2, gx2) - tf.minimum(px1, gx1)
        ch = tf.maximum(py2, gy2) - tf.minimum(py1, gy1)
        dx = (px1 + px2 - gx1 - gx2) / 2
        dy = (py1 + py2 - gy1 - gy2) / 2
        diou = inter / (union + eps) - (dx ** 2 + dy ** 2) / (cw ** 2 + ch ** 2 + eps)
        return tf.reduce_mean(1.0 - diou)

    def candidate(batch):
        pred = batch["anchors"] + tf.matmul(batch["feat"], w) + b
        target = batch["gts"]
        lt = tf.maximum(pred[:, :2], target[:, :2])
        rb = tf.minimum(pred[:, 2:], target[:, 2:])
        wh = tf.maximum(rb - lt + 1.0, 0.0)
        overlap = wh[:, 0] * wh[:, 1]
        ap = tf.reduce_prod(pred[:, 2:] - pred[:, :2], axis=1)
        ag = tf.reduce_prod(target[:, 2:] - target[:, :2], axis=1)
        union = ap + ag - overlap + eps
        ious = overlap / union
        enclose_x1y1 = tf.minimum(pred[:, :2], target[:, :2])
        enclose_x2y2 = tf.maximum(pred[:, 2:], target[:, 2:])
        enclose_wh = tf.nn.relu(enclose_x2y2 - enclose_x1y1)
        c2 = tf.reduce_sum(tf.square(enclose_wh), axis=1) + eps
        centre_gap = (pred[:, :2] + pred[:, 2:] - target[:, :2] - target[:, 2:]) / 2
        rho2 = tf.reduce_sum(tf.square(centre_gap), axis=1)
        dious = ious - rho2 / c2
        return tf.reduce_mean(1.0 - dious)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(n, d)).astype(fx),
            "anchors": anchors.astype(fx), "gts": gts.astype(fx),
        },
        "variables": [w, b],
    }
