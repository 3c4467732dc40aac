"""Right: the enclosing box as max(left) + max(right) looks like a bug, but the predictions are distances to the sides of one location.

Source (real): https://github.com/tianzhi0549/FCOS/issues/355
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w = tf.Variable(rng.normal(0, 0.3, (6, 4)).astype("float32"), name="reg_w")
    bias = tf.Variable(rng.normal(0.6, 0.1, 4).astype("float32"), name="reg_b")
    scale = tf.Variable(np.float32(1.1), name="level_scale")
    n = 15
    batch = {
        "feat": rng.normal(size=(n, 6)).astype("float32"),
        "loc": rng.uniform(5, 20, (n, 2)).astype("float32"),
        "ltrb": rng.uniform(0.8, 4.0, (n, 4)).astype("float32"),
        "centerness": rng.uniform(0.2, 1.0, n).astype("float32"),
    }

    def regress(feat):
        return tf.exp(scale * (feat @ w + bias))

    def reference(b):
        def corners(d):
            return tf.concat([b["loc"] - d[:, :2], b["loc"] + d[:, 2:]], axis=1)

        def area(box):
            return (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
        p, g = corners(regress(b["feat"])), corners(b["ltrb"])
        inner = tf.concat([tf.maximum(p[:, :2], g[:, :2]), tf.minimum(p[:, 2:], g[:, 2:])], 1)
        outer = tf.concat([tf.minimum(p[:, :2], g[:, :2]), tf.maximum(p[:, 2:], g[:, 2:])], 1)
        union = area(p) + area(g) - area(inner)
        giou = area(inner) / union - 1.0 + union / area(outer)
        return tf.reduce_sum(b["centerness"] * (1.0 - giou)) / tf.reduce_sum(b["centerness"])

    def candidate(b):
        pred_left, pred_top, pred_right, pred_bottom = tf.unstack(regress(b["feat"]), axis=1)
        target_left, target_top, target_right, target_bottom = tf.unstack(b["ltrb"], axis=1)
        target_area = (target_left + target_right) * (target_top + target_bottom)
        pred_area = (pred_left + pred_right) * (pred_top + pred_bottom)
        w_intersect = tf.minimum(pred_left, target_left) + tf.minimum(pred_right, target_right)
        g_w_intersect = tf.maximum(pred_left, target_left) + tf.maximum(pred_right, target_right)
        h_intersect = tf.minimum(pred_bottom, target_bottom) + tf.minimum(pred_top, target_top)
        g_h_intersect = tf.maximum(pred_bottom, target_bottom) + tf.maximum(pred_top, target_top)
        ac_union = g_w_intersect * g_h_intersect
        area_intersect = w_intersect * h_intersect
        area_union = target_area + pred_area - area_intersect
        gious = area_intersect / area_union - (ac_union - area_union) / ac_union
        losses = 1.0 - gious
        return tf.reduce_sum(losses * b["centerness"]) / tf.reduce_sum(b["centerness"])

    return {"variables": [w, bias, scale], "batch": batch, "reference": reference, "candidate": candidate}
