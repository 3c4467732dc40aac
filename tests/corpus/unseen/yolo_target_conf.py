"""YOLO v1 tutorial: the confidence target is the object flag (1) instead of the IoU of the responsible box.
Source: https://github.com/aladdinpersson/Machine-Learning-Collection/issues/137"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "object_loss = mse(exists_box * pred_conf, exists_box * target[..., 0:1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, d = 3, 2, 4
    conv = keras.layers.Conv2D(10, 1, name="head")
    conv.build((None, s, s, d))
    conv.bias.assign(rng.normal(size=10).astype(fx))

    def iou(a, b):
        lo = tf.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
        hi = tf.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
        inter = tf.reduce_prod(tf.maximum(hi - lo, 0.0), axis=-1, keepdims=True)
        union = tf.reduce_prod(a[..., 2:], -1, keepdims=True) + tf.reduce_prod(b[..., 2:], -1, keepdims=True) - inter
        return inter / union

    def mse(a, b):
        return tf.reduce_sum(tf.square(a - b)) / n

    def reference(batch):
        out = tf.sigmoid(conv(batch["feat"]))
        box_t = batch["target"][..., 1:]
        obj = batch["target"][..., 0:1]
        u = [tf.stop_gradient(iou(out[..., 5 * k + 1:5 * k + 5], box_t)) for k in (0, 1)]
        second = u[1] > u[0]
        box = tf.where(second, out[..., 6:10], out[..., 1:5])
        conf = tf.where(second, out[..., 5:6], out[..., 0:1])
        coord = mse(obj * box[..., :2], obj * box_t[..., :2])
        coord += mse(obj * tf.sqrt(box[..., 2:]), obj * tf.sqrt(box_t[..., 2:]))
        hit = mse(obj * conf, obj * tf.maximum(u[0], u[1]))
        miss = mse((1 - obj) * out[..., 0:1], 0.0) + mse((1 - obj) * out[..., 5:6], 0.0)
        return 5.0 * coord + hit + 0.5 * miss

    def candidate(batch):
        predictions = tf.sigmoid(conv(batch["feat"]))
        target = batch["target"]
        exists_box = target[..., 0:1]
        iou_b1 = tf.stop_gradient(iou(predictions[..., 1:5], target[..., 1:5]))
        iou_b2 = tf.stop_gradient(iou(predictions[..., 6:10], target[..., 1:5]))
        bestbox = tf.cast(tf.argmax(tf.stack([iou_b1, iou_b2]), axis=0), predictions.dtype)
        box_predictions = exists_box * (bestbox * predictions[..., 6:10] + (1 - bestbox) * predictions[..., 1:5])
        box_targets = exists_box * target[..., 1:5]
        box_loss = mse(box_predictions[..., :2], box_targets[..., :2])
        wh_pred = tf.sqrt(box_predictions[..., 2:] + 1e-12)
        box_loss += mse(wh_pred * exists_box, tf.sqrt(box_targets[..., 2:]))
        pred_conf = bestbox * predictions[..., 5:6] + (1 - bestbox) * predictions[..., 0:1]
        object_loss = mse(exists_box * pred_conf, exists_box * target[..., 0:1])
        no_object = mse((1 - exists_box) * predictions[..., 0:1], 0.0)
        no_object += mse((1 - exists_box) * predictions[..., 5:6], 0.0)
        return 5.0 * box_loss + object_loss + 0.5 * no_object

    obj = (rng.random((n, s, s, 1)) < 0.6)
    obj[0, 0, 0] = True
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, s, s, d)).astype(fx),
                      "target": np.concatenate([obj, rng.uniform(0.2, 0.8, (n, s, s, 4))], -1).astype(fx)},
            "variables": conv.trainable_variables}
