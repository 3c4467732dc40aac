"""The CIoU code has cious = iou - u + alpha * v where the paper subtracts the aspect ratio term too.
Source: https://github.com/Zzh-tju/CIoU/issues/2"""
import math

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "cious = iou - u + alpha * v",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 6, 5
    head = keras.layers.Dense(4, name="box_head",
                              kernel_initializer=keras.initializers.RandomNormal(stddev=0.3, seed=seed))
    head.build((n, d))

    def decode(delta, priors):
        cxcy = priors[:, :2] + 0.1 * delta[:, :2] * priors[:, 2:]
        wh = priors[:, 2:] * tf.exp(0.2 * delta[:, 2:])
        return tf.concat([cxcy - wh / 2, cxcy + wh / 2], axis=1)

    def reference(batch):
        box = decode(head(batch["x"]), batch["priors"])
        gt = batch["gt"]
        total = 0.0
        for i in range(n):
            px1, py1, px2, py2 = tf.unstack(box[i])
            gx1, gy1, gx2, gy2 = tf.unstack(gt[i])
            iw = tf.maximum(tf.minimum(px2, gx2) - tf.maximum(px1, gx1), 0.0)
            ih = tf.maximum(tf.minimum(py2, gy2) - tf.maximum(py1, gy1), 0.0)
            inter = iw * ih
            union = (px2 - px1) * (py2 - py1) + (gx2 - gx1) * (gy2 - gy1) - inter
            overlap = inter / union
            rho = ((px1 + px2 - gx1 - gx2) ** 2 + (py1 + py2 - gy1 - gy2) ** 2) / 4
            c = (tf.maximum(px2, gx2) - tf.minimum(px1, gx1)) ** 2 + (tf.maximum(py2, gy2) - tf.minimum(py1, gy1)) ** 2
            ratio = 4 / math.pi ** 2 * (tf.atan((gx2 - gx1) / (gy2 - gy1)) - tf.atan((px2 - px1) / (py2 - py1))) ** 2
            trade = tf.stop_gradient(ratio / (1 - overlap + ratio))
            total += 1 - overlap + rho / c + trade * ratio
        return total / n

    def candidate(batch):
        bboxes1 = decode(head(batch["x"]), batch["priors"])
        bboxes2 = batch["gt"]
        w1 = bboxes1[:, 2] - bboxes1[:, 0]
        h1 = bboxes1[:, 3] - bboxes1[:, 1]
        w2 = bboxes2[:, 2] - bboxes2[:, 0]
        h2 = bboxes2[:, 3] - bboxes2[:, 1]
        area1 = w1 * h1
        area2 = w2 * h2
        center1 = (bboxes1[:, :2] + bboxes1[:, 2:]) / 2
        center2 = (bboxes2[:, :2] + bboxes2[:, 2:]) / 2
        inter_max_xy = tf.minimum(bboxes1[:, 2:], bboxes2[:, 2:])
        inter_min_xy = tf.maximum(bboxes1[:, :2], bboxes2[:, :2])
        out_max_xy = tf.maximum(bboxes1[:, 2:], bboxes2[:, 2:])
        out_min_xy = tf.minimum(bboxes1[:, :2], bboxes2[:, :2])
        inter = tf.nn.relu(inter_max_xy - inter_min_xy)
        inter_area = inter[:, 0] * inter[:, 1]
        inter_diag = tf.reduce_sum((center2 - center1) ** 2, axis=1)
        outer = tf.nn.relu(out_max_xy - out_min_xy)
        outer_diag = outer[:, 0] ** 2 + outer[:, 1] ** 2
        union = area1 + area2 - inter_area
        u = inter_diag / outer_diag
        iou = inter_area / union
        v = (4 / (math.pi ** 2)) * tf.square(tf.atan(w2 / h2) - tf.atan(w1 / h1))
        alpha = tf.stop_gradient(v / ((1 - iou) + v))
        cious = iou - u + alpha * v
        return tf.reduce_mean(1 - cious)

    c = rng.uniform(3, 4, size=(n, 2))
    wh = rng.uniform(1.0, 3.0, size=(n, 2))
    gwh = wh * np.stack([rng.uniform(1.5, 2.5, n), rng.uniform(0.4, 0.7, n)], 1)
    g = c + rng.uniform(-0.3, 0.3, size=(n, 2))
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "priors": np.concatenate([c, wh], 1).astype(fx),
                      "gt": np.concatenate([g - gwh / 2, g + gwh / 2], 1).astype(fx)},
            "variables": head.trainable_variables}
