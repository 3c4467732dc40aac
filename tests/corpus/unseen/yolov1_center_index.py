"""YOLO v1 loss takes column 2 (the width) for both centre coordinates when it builds the corner boxes for the IoU.
Source: https://github.com/motokimura/yolo_v1_pytorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "center = box[:, 2:3] / S",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, S = 6, 5, 2.0
    dense = keras.layers.Dense(5, name="detector")
    dense.build((None, d))

    def predict(x):
        raw = dense(x)
        return tf.sigmoid(raw[:, :4]) * 0.8 + 0.1, tf.sigmoid(raw[:, 4])

    def reference(batch):
        box, conf = predict(batch["feat"])
        loss = 0.0
        for i in range(n):
            px, py, pw, ph = (box[i, j] for j in range(4))
            tx, ty, tw, th = (batch["target"][i, j] for j in range(4))
            ix = tf.maximum(tf.minimum(px / S + pw / 2, tx / S + tw / 2) - tf.maximum(px / S - pw / 2, tx / S - tw / 2), 0.0)
            iy = tf.maximum(tf.minimum(py / S + ph / 2, ty / S + th / 2) - tf.maximum(py / S - ph / 2, ty / S - th / 2), 0.0)
            iou = ix * iy / (pw * ph + tw * th - ix * iy)
            loss += (conf[i] - tf.stop_gradient(iou)) ** 2
            loss += 5.0 * ((px - tx) ** 2 + (py - ty) ** 2)
            loss += 5.0 * ((tf.sqrt(pw) - tf.sqrt(tw)) ** 2 + (tf.sqrt(ph) - tf.sqrt(th)) ** 2)
        return loss / n

    def candidate(batch):
        def to_xyxy(box):
            center = box[:, 2:3] / S
            return tf.concat([center - 0.5 * box[:, 2:4], center + 0.5 * box[:, 2:4]], axis=1)

        def compute_iou(a, b):
            lt = tf.maximum(a[:, :2], b[:, :2])
            rb = tf.minimum(a[:, 2:], b[:, 2:])
            inter = tf.reduce_prod(tf.maximum(rb - lt, 0.0), axis=1)
            area_a = tf.reduce_prod(a[:, 2:] - a[:, :2], axis=1)
            area_b = tf.reduce_prod(b[:, 2:] - b[:, :2], axis=1)
            return inter / (area_a + area_b - inter)

        pred, conf = predict(batch["feat"])
        target = batch["target"]
        iou = compute_iou(to_xyxy(pred), to_xyxy(target))
        loss_xy = tf.reduce_sum(tf.square(pred[:, :2] - target[:, :2]))
        loss_wh = tf.reduce_sum(tf.square(tf.sqrt(pred[:, 2:]) - tf.sqrt(target[:, 2:])))
        loss_obj = tf.reduce_sum(tf.square(conf - tf.stop_gradient(iou)))
        return (5.0 * loss_xy + 5.0 * loss_wh + loss_obj) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": 2 * rng.normal(size=(n, d)).astype(fx), "target": rng.uniform(0.1, 0.9, (n, 4)).astype(fx)},
            "variables": dense.trainable_variables}
