"""The box matcher scores anchors with predictions that were not detached, so gradient runs through the targets.
Source: https://github.com/MultimediaTechLab/YOLO/issues/48"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "align_targets = matcher(batch[\"gt_boxes\"], batch[\"gt_class\"], tf.sigmoid(pred_cls), pred_box)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, a, f, c = 2, 6, 5, 3
    w_cls = tf.Variable(rng.normal(size=(f, c)).astype(fx), name="w_cls")
    w_box = tf.Variable((0.3 * rng.normal(size=(f, 4))).astype(fx), name="w_box")

    def heads(feat):
        ltrb = tf.nn.softplus(tf.einsum("naf,fk->nak", feat, w_box) + 1.0)
        return tf.einsum("naf,fc->nac", feat, w_cls), ltrb

    def iou(p, t):
        inter = tf.reduce_prod(tf.minimum(p[..., :2], t[..., :2]) + tf.minimum(p[..., 2:], t[..., 2:]), axis=-1)
        area = lambda x: tf.reduce_prod(x[..., :2] + x[..., 2:], axis=-1)
        return inter / (area(p) + area(t) - inter)

    def reference(batch):
        logits, box = heads(batch["feat"])
        total = 0.0
        for i in range(n):
            overlap = iou(box[i], batch["gt_boxes"][i])
            prob = tf.gather(tf.sigmoid(logits[i]), batch["gt_class"][i], axis=1, batch_dims=1)
            metric = tf.sqrt(prob) * overlap ** 2
            soft = metric / tf.reduce_max(metric) * tf.reduce_max(overlap)
            soft = tf.stop_gradient(soft)[:, None] * tf.one_hot(batch["gt_class"][i], c, dtype=logits.dtype)
            ce = tf.nn.softplus(logits[i]) - soft * logits[i]
            total += tf.reduce_sum(ce) + tf.reduce_sum(1 - overlap)
        return total / (n * a)

    def candidate(batch):
        def matcher(target_bbox, target_cls, predict_cls, predict_bbox):
            iou_mat = iou(predict_bbox, target_bbox)
            cls_mat = tf.gather(predict_cls, target_cls, axis=2, batch_dims=2)
            target_matrix = tf.pow(iou_mat, 2.0) * tf.pow(cls_mat, 0.5)
            max_target = tf.reduce_max(target_matrix, axis=1, keepdims=True)
            max_iou = tf.reduce_max(iou_mat, axis=1, keepdims=True)
            normalized = target_matrix / max_target * max_iou
            return tf.one_hot(target_cls, c, dtype=predict_cls.dtype) * normalized[..., None]

        pred_cls, pred_box = heads(batch["feat"])
        align_targets = matcher(batch["gt_boxes"], batch["gt_class"], tf.sigmoid(pred_cls), pred_box)
        bce = tf.nn.relu(pred_cls) - pred_cls * align_targets + tf.math.log1p(tf.exp(-tf.abs(pred_cls)))
        loss_cls = tf.reduce_sum(bce, axis=[1, 2])
        loss_iou = tf.reduce_sum(1.0 - iou(pred_box, batch["gt_boxes"]), axis=1)
        return tf.reduce_mean(loss_cls + loss_iou) / a

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, a, f)).astype(fx),
                      "gt_boxes": rng.uniform(0.6, 2.2, size=(n, a, 4)).astype(fx),
                      "gt_class": rng.integers(0, c, (n, a)).astype("int32")},
            "variables": [w_cls, w_box]}
