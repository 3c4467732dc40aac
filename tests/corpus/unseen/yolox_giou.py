"""The GIoU branch of IOUloss subtracts the intersection area where the union belongs. Source: https://github.com/Megvii-BaseDetection/YOLOX/pull/723"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'other',
    "line_marker": 'giou = iou - (area_c - area_i) / tf.maximum(area_c, 1e-16)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 6, 5
    w_box = var("w_box", d, 4, scale=0.2)

    def decode(feat):
        raw = feat @ w_box
        return tf.concat([raw[:, :2], tf.exp(raw[:, 2:])], -1)

    def reference(batch):
        p, t = decode(batch["feat"]), batch["box"]
        px1, py1 = p[:, 0] - p[:, 2] / 2, p[:, 1] - p[:, 3] / 2
        px2, py2 = p[:, 0] + p[:, 2] / 2, p[:, 1] + p[:, 3] / 2
        tx1, ty1 = t[:, 0] - t[:, 2] / 2, t[:, 1] - t[:, 3] / 2
        tx2, ty2 = t[:, 0] + t[:, 2] / 2, t[:, 1] + t[:, 3] / 2
        iw = tf.nn.relu(tf.minimum(px2, tx2) - tf.maximum(px1, tx1))
        ih = tf.nn.relu(tf.minimum(py2, ty2) - tf.maximum(py1, ty1))
        inter = iw * ih
        union = p[:, 2] * p[:, 3] + t[:, 2] * t[:, 3] - inter
        hull = (tf.maximum(px2, tx2) - tf.minimum(px1, tx1)) * (tf.maximum(py2, ty2) - tf.minimum(py1, ty1))
        g = inter / (union + 1e-16) - (hull - union) / hull
        return tf.reduce_sum(batch["fg"] * (1.0 - g)) / tf.reduce_sum(batch["fg"])

    def candidate(batch):
        pred, target = decode(batch["feat"]), batch["box"]
        tl = tf.maximum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        br = tf.minimum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_p = tf.reduce_prod(pred[:, 2:], 1)
        area_g = tf.reduce_prod(target[:, 2:], 1)
        en = tf.reduce_prod(tf.cast(tl < br, pred.dtype), axis=1)
        area_i = tf.reduce_prod(br - tl, 1) * en
        area_u = area_p + area_g - area_i
        iou = area_i / (area_u + 1e-16)
        c_tl = tf.minimum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        c_br = tf.maximum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_c = tf.reduce_prod(c_br - c_tl, 1)
        giou = iou - (area_c - area_i) / tf.maximum(area_c, 1e-16)
        loss = 1.0 - tf.clip_by_value(giou, -1.0, 1.0)
        num_fg = tf.maximum(tf.reduce_sum(batch["fg"]), 1.0)
        return tf.reduce_sum(loss * batch["fg"]) / num_fg

    box = np.concatenate([0.3 * rng.standard_normal((n, 2)), rng.uniform(0.8, 1.6, (n, 2))], 1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.standard_normal((n, d)).astype(fx), "box": box.astype(fx),
                      "fg": np.array([1, 1, 0, 1, 1, 1]).astype(fx)},
            "variables": [w_box]}
