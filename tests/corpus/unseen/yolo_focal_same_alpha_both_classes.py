"""YOLOv3's confidence loss: the focal factor is alpha * |target - p|^gamma for both classes, so alpha balances nothing;
it should be alpha for objects and 1 - alpha for the background.
Source: https://github.com/YunYang1994/tensorflow-yolov3/issues/558"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return alpha * tf.pow(tf.abs(target - actual), gamma)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, cells, anchors, d = 12, 7, 3, 5
    w = tf.Variable(rng.normal(size=(d, anchors)).astype(f) * 0.7, name="conf_kernel")
    b = tf.Variable(np.full((anchors,), -0.4, f), name="conf_bias")
    feat = rng.normal(size=(n, cells, d)).astype(f)
    obj = (rng.uniform(size=(n, cells, anchors)) < 0.25).astype(f)
    iou = rng.uniform(size=(n, cells, anchors)).astype(f)
    a, g, thresh = 0.25, 2.0, 0.6

    def reference(batch):
        logit = tf.tensordot(batch["feat"], w, 1) + b
        p = tf.sigmoid(logit)
        pos = -a * (1 - p) ** g * tf.math.log_sigmoid(logit)
        neg = -(1 - a) * p ** g * tf.math.log_sigmoid(-logit)
        ignored = tf.logical_and(batch["obj"] < 0.5, batch["iou"] >= thresh)
        per_cell = tf.where(batch["obj"] > 0.5, pos, neg)
        per_cell = tf.where(ignored, tf.zeros_like(per_cell), per_cell)
        return tf.reduce_mean(tf.reduce_sum(per_cell, axis=(1, 2)))

    def candidate(batch):
        def focal(target, actual, alpha=a, gamma=g):
            return alpha * tf.pow(tf.abs(target - actual), gamma)

        conv_raw_conf = tf.einsum("bcd,da->bca", batch["feat"], w) + b
        pred_conf = tf.nn.sigmoid(conv_raw_conf)
        respond_bbox = batch["obj"]
        respond_bgd = (1.0 - respond_bbox) * tf.cast(batch["iou"] < thresh, f)
        conf_focal = focal(respond_bbox, pred_conf)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=respond_bbox, logits=conv_raw_conf)
        conf_loss = conf_focal * (respond_bbox * ce + respond_bgd * ce)
        return tf.reduce_mean(tf.reduce_sum(conf_loss, axis=[1, 2]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": feat, "obj": obj, "iou": iou}, "variables": [w, b]}
