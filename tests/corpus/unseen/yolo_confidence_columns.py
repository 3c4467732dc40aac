"""The no-object loss picks the confidence columns 4 and 9 by hand, so it is right for two boxes a cell only;
with yolo_B = 3 the third box is left out.
Source: https://github.com/Liang-ZX/HKU-DASC7606-A1/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "noo_pred_mask[:, 9] = True",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s, feat, boxes, classes = 13, 4, 6, 3, 2
    width = boxes * 5 + classes
    w = tf.Variable((0.4 * rng.standard_normal((feat, width))).astype(f), name="w")
    bias = tf.Variable((0.1 * rng.standard_normal(width)).astype(f), name="bias")
    has_obj = rng.uniform(size=(n, s, s)) < 0.3
    target = rng.uniform(0.1, 0.9, (n, s, s, width)).astype(f)
    for b in range(boxes):
        target[..., b * 5 + 4] = has_obj
    batch = {"grid": rng.standard_normal((n, s, s, feat)).astype(f), "target": target, "has_obj": has_obj}

    def reference(batch):
        pred = tf.sigmoid(batch["grid"] @ w + bias)
        obj = tf.cast(batch["has_obj"], f)
        total = 0.0
        for b in range(boxes):
            box = slice(b * 5, b * 5 + 4)
            total += 5.0 * tf.reduce_sum(obj[..., None] * (pred[..., box] - batch["target"][..., box]) ** 2)
            conf, goal = pred[..., b * 5 + 4], batch["target"][..., b * 5 + 4]
            total += tf.reduce_sum((obj + 0.5 * (1.0 - obj)) * (conf - goal) ** 2)
        k = boxes * 5
        total += tf.reduce_sum(obj[..., None] * (pred[..., k:] - batch["target"][..., k:]) ** 2)
        return total / n

    def candidate(batch):
        def mse(a, b):
            return tf.reduce_sum(tf.square(a - b))

        pred_tensor = tf.sigmoid(tf.tensordot(batch["grid"], w, 1) + bias)
        target_tensor = batch["target"]
        coo_pred = tf.boolean_mask(pred_tensor, batch["has_obj"])
        coo_target = tf.boolean_mask(target_tensor, batch["has_obj"])
        noo_pred = tf.boolean_mask(pred_tensor, ~batch["has_obj"])
        noo_target = tf.boolean_mask(target_tensor, ~batch["has_obj"])

        box_pred = tf.reshape(coo_pred[:, : boxes * 5], (-1, 5))
        box_target = tf.reshape(coo_target[:, : boxes * 5], (-1, 5))
        loc_loss = mse(box_pred[:, :4], box_target[:, :4])
        contain_loss = mse(box_pred[:, 4], box_target[:, 4])
        class_loss = mse(coo_pred[:, boxes * 5:], coo_target[:, boxes * 5:])

        noo_pred_mask = np.zeros((1, width), dtype=bool)
        noo_pred_mask[:, 4] = True
        noo_pred_mask[:, 9] = True
        noo_pred_c = tf.boolean_mask(noo_pred, noo_pred_mask[0], axis=1)
        noo_target_c = tf.boolean_mask(noo_target, noo_pred_mask[0], axis=1)
        nooobj_loss = mse(noo_pred_c, noo_target_c)
        return (5.0 * loc_loss + contain_loss + 0.5 * nooobj_loss + class_loss) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
