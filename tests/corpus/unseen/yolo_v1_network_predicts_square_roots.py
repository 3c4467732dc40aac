"""YOLO v1 in TensorFlow: people missed the square root of the predicted width and height in the coordinate loss; the
network predicts the roots themselves (they are squared only for the IoU), so the loss is right.
Source: https://github.com/hizhangp/yolo_tensorflow/issues/44"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, d = 12, 5, 6
    head = keras.layers.Dense(5, activation="sigmoid", name="detection_head")
    head.build((None, d))
    feat = rng.normal(size=(n, cells, d)).astype(f)
    obj = (rng.uniform(size=(n, cells)) < 0.4).astype(f)
    boxes = np.concatenate([rng.uniform(0.2, 0.8, (n, cells, 2)), rng.uniform(0.1, 0.6, (n, cells, 2))], -1).astype(f)
    coord, noobj = 5.0, 0.5

    def reference(batch):
        out = head(batch["feat"])
        cx, cy, conf = out[..., 0], out[..., 1], out[..., 4]
        pw, ph = out[..., 2] ** 2, out[..., 3] ** 2
        tx, ty, tw, th = tf.unstack(batch["boxes"], axis=-1)
        ow = tf.minimum(cx + pw / 2, tx + tw / 2) - tf.maximum(cx - pw / 2, tx - tw / 2)
        oh = tf.minimum(cy + ph / 2, ty + th / 2) - tf.maximum(cy - ph / 2, ty - th / 2)
        inter = tf.nn.relu(ow) * tf.nn.relu(oh)
        iou = inter / (pw * ph + tw * th - inter)
        loc = (cx - tx) ** 2 + (cy - ty) ** 2 + (tf.sqrt(pw) - tf.sqrt(tw)) ** 2 + (tf.sqrt(ph) - tf.sqrt(th)) ** 2
        cell = tf.where(batch["obj"] > 0.5, coord * loc + (conf - iou) ** 2, noobj * conf ** 2)
        return tf.reduce_mean(tf.reduce_sum(cell, axis=1))

    def candidate(batch):
        def calc_iou(boxes1, boxes2):
            def corners(b):
                return tf.stack([b[..., 0] - b[..., 2] / 2.0, b[..., 1] - b[..., 3] / 2.0,
                                 b[..., 0] + b[..., 2] / 2.0, b[..., 1] + b[..., 3] / 2.0], axis=-1)

            b1, b2 = corners(boxes1), corners(boxes2)
            lu = tf.maximum(b1[..., :2], b2[..., :2])
            rd = tf.minimum(b1[..., 2:], b2[..., 2:])
            intersection = tf.maximum(0.0, rd - lu)
            inter_square = intersection[..., 0] * intersection[..., 1]
            union = boxes1[..., 2] * boxes1[..., 3] + boxes2[..., 2] * boxes2[..., 3] - inter_square
            return inter_square / tf.maximum(union, 1e-10)

        net = tf.sigmoid(tf.einsum("bcd,do->bco", batch["feat"], head.kernel) + head.bias)
        predict_boxes, predict_scales = net[..., :4], net[..., 4]
        response = batch["obj"]
        predict_boxes_tran = tf.stack([predict_boxes[..., 0], predict_boxes[..., 1],
                                       tf.square(predict_boxes[..., 2]), tf.square(predict_boxes[..., 3])], axis=-1)
        iou_predict_truth = calc_iou(predict_boxes_tran, batch["boxes"])
        boxes_tran = tf.concat([batch["boxes"][..., :2], tf.sqrt(batch["boxes"][..., 2:])], axis=-1)
        object_delta = response * (predict_scales - iou_predict_truth)
        noobject_delta = (1.0 - response) * predict_scales
        boxes_delta = response[..., None] * (predict_boxes - boxes_tran)
        object_loss = tf.reduce_mean(tf.reduce_sum(tf.square(object_delta), axis=[1]))
        noobject_loss = tf.reduce_mean(tf.reduce_sum(tf.square(noobject_delta), axis=[1])) * noobj
        coord_loss = tf.reduce_mean(tf.reduce_sum(tf.square(boxes_delta), axis=[1, 2])) * coord
        return object_loss + noobject_loss + coord_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat, "obj": obj, "boxes": boxes}, "variables": list(head.trainable_variables)}
