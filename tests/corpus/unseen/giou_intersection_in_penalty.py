"""The enclosing-box penalty of GIoU subtracts the intersection where the union belongs.

Source (real): https://github.com/Megvii-BaseDetection/YOLOX/issues/712
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'giou = iou - (geo["enclose"] - geo["inter"]) / tf.maximum(geo["enclose"], 1e-16)',
    "same_forward_value": False,
}


def box_geometry(pred, target):
    """Both as (cx, cy, w, h)."""
    p_tl, p_br = pred[:, :2] - pred[:, 2:] / 2, pred[:, :2] + pred[:, 2:] / 2
    t_tl, t_br = target[:, :2] - target[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2
    wh_i = tf.maximum(tf.minimum(p_br, t_br) - tf.maximum(p_tl, t_tl), 0.0)
    wh_c = tf.maximum(p_br, t_br) - tf.minimum(p_tl, t_tl)
    inter = tf.reduce_prod(wh_i, axis=1)
    union = tf.reduce_prod(pred[:, 2:], axis=1) + tf.reduce_prod(target[:, 2:], axis=1) - inter
    return {"inter": inter, "union": union, "enclose": tf.reduce_prod(wh_c, axis=1)}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 12, 6
    w_reg = tf.Variable(rng.normal(0, 0.15, (d, 4)).astype("float32"), name="reg_kernel")
    w_obj = tf.Variable(rng.normal(0, 0.3, (d, 1)).astype("float32"), name="obj_kernel")
    b_obj = tf.Variable(np.array([-0.5], "float32"), name="obj_bias")
    grid = rng.uniform(0, 8, (n, 2)).astype("float32")
    batch = {
        "feat": rng.normal(0, 1, (n, d)).astype("float32"),
        "grid": grid,
        "gt": np.concatenate([grid + rng.normal(0, 0.4, (n, 2)), rng.uniform(0.8, 2.5, (n, 2))], 1).astype("float32"),
        "fg": (np.arange(n) % 3 != 0).astype("float32"),
    }

    def decode(b):
        out = b["feat"] @ w_reg
        return tf.concat([b["grid"] + out[:, :2], 1.5 * tf.exp(out[:, 2:])], axis=1)

    def objectness(b):
        logit = tf.squeeze(b["feat"] @ w_obj + b_obj, 1)
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=b["fg"], logits=logit)

    def reference(b):
        boxes = decode(b)
        num_fg = tf.maximum(tf.reduce_sum(b["fg"]), 1.0)
        geo = box_geometry(boxes, b["gt"])
        iou = geo["inter"] / (geo["union"] + 1e-16)
        giou = iou - (geo["enclose"] - geo["union"]) / tf.maximum(geo["enclose"], 1e-16)
        loss_iou = tf.reduce_sum((1.0 - tf.clip_by_value(giou, -1.0, 1.0)) * b["fg"]) / num_fg
        loss_obj = tf.reduce_sum(objectness(b)) / num_fg
        return 5.0 * loss_iou + loss_obj

    def candidate(b):
        boxes = decode(b)
        num_fg = tf.maximum(tf.reduce_sum(b["fg"]), 1.0)
        loss_obj = tf.reduce_sum(objectness(b)) / num_fg
        geo = box_geometry(boxes, b["gt"])
        iou = geo["inter"] / (geo["union"] + 1e-16)
        giou = iou - (geo["enclose"] - geo["inter"]) / tf.maximum(geo["enclose"], 1e-16)
        per_box = 1.0 - tf.clip_by_value(giou, -1.0, 1.0)
        loss_iou = tf.reduce_sum(per_box * b["fg"]) / num_fg
        return 5.0 * loss_iou + loss_obj

    return {"variables": [w_reg, w_obj, b_obj], "batch": batch, "reference": reference, "candidate": candidate}
