"""CDIoU: the corners of the minimum bounding rectangle are all taken with max, also the upper left one.
Source: https://github.com/Alan-D-Chen/CDIoU-CDIoUloss/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mbr_lt = tf.maximum(pred[:, :2], target[:, :2])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 6, 5
    w = tf.Variable((0.3 * rng.normal(size=(d, 4))).astype(fx), name="reg")
    b = tf.Variable((0.1 * rng.normal(size=(4,))).astype(fx), name="reg_b")
    ctr = rng.uniform(1, 4, size=(n, 2))
    gt = np.concatenate([ctr - rng.uniform(0.6, 1.5, size=(n, 2)), ctr + rng.uniform(0.6, 1.5, size=(n, 2))], 1)

    def decode(batch):
        off = tf.exp(batch["feat"] @ w + b)
        return tf.concat([batch["loc"] - off[:, :2], batch["loc"] + off[:, 2:]], -1)

    def reference(batch):
        box = decode(batch)
        loss = 0.0
        for i in range(n):
            x1, y1, x2, y2 = tf.unstack(box[i])
            u1, v1, u2, v2 = tf.unstack(batch["gt"][i])
            iw = tf.maximum(tf.minimum(x2, u2) - tf.maximum(x1, u1), 0.0)
            ih = tf.maximum(tf.minimum(y2, v2) - tf.maximum(y1, v1), 0.0)
            inter = iw * ih
            iou = inter / ((x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - inter)
            ew = tf.maximum(x2, u2) - tf.minimum(x1, u1)
            eh = tf.maximum(y2, v2) - tf.minimum(y1, v1)
            diag = tf.sqrt(ew ** 2 + eh ** 2)
            corners = tf.sqrt((x1 - u1) ** 2 + (y1 - v1) ** 2) + tf.sqrt((x2 - u2) ** 2 + (y2 - v2) ** 2)
            loss += 1.0 - iou + corners / (2.0 * diag)
        return loss / n

    def candidate(batch):
        pred, target = decode(batch), batch["gt"]

        def area(bx):
            wh = bx[:, 2:] - bx[:, :2]
            return wh[:, 0] * wh[:, 1]

        lt = tf.maximum(target[:, :2], pred[:, :2])
        rb = tf.minimum(pred[:, 2:], target[:, 2:])
        wh = tf.nn.relu(rb - lt)
        overlap = wh[:, 0] * wh[:, 1]
        ious = overlap / (area(pred) + area(target) - overlap)
        mbr_lt = tf.maximum(pred[:, :2], target[:, :2])
        mbr_rb = tf.maximum(pred[:, 2:], target[:, 2:])
        mbr_diagonal = tf.norm(mbr_rb - mbr_lt, axis=-1)
        ae = tf.norm(pred[:, :2] - target[:, :2], axis=-1)
        cg = tf.norm(pred[:, 2:] - target[:, 2:], axis=-1)
        dious = (ae + cg) / (2.0 * mbr_diagonal)
        return tf.reduce_mean(1.0 - ious + dious)

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(n, d)).astype(fx),
            "loc": ctr.astype(fx), "gt": gt.astype(fx),
        },
        "variables": [w, b],
    }
