"""Wrong: the GIoU penalty subtracts the intersection instead of the union from the enclosing area.

Source (real): https://github.com/noahcao/OC_SORT/issues/64
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "giou = iou - (area_enclose - wh) / area_enclose",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w = tf.Variable(rng.normal(0, 0.15, (6, 4)).astype("float32"), name="box_w")
    bias = tf.Variable(rng.normal(0, 0.05, 4).astype("float32"), name="box_b")
    n = 14
    centre = rng.uniform(2, 6, (n, 2))
    half = rng.uniform(0.8, 1.6, (n, 2))
    prior = np.concatenate([centre, 2 * half], 1)
    gt_c = centre + rng.normal(0, 0.5, (n, 2))
    gt_h = half * rng.uniform(0.7, 1.3, (n, 2))
    batch = {
        "feat": rng.normal(size=(n, 6)).astype("float32"),
        "prior": prior.astype("float32"),
        "gt": np.concatenate([gt_c - gt_h, gt_c + gt_h], 1).astype("float32"),
    }

    def decode(feat, prior):
        delta = feat @ w + bias
        c = prior[:, :2] + delta[:, :2] * prior[:, 2:]
        s = prior[:, 2:] * tf.exp(delta[:, 2:])
        return tf.concat([c - s / 2, c + s / 2], axis=1)

    def area(box):
        return (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])

    def reference(b):
        p, g = decode(b["feat"], b["prior"]), b["gt"]
        lt, rb = tf.maximum(p[:, :2], g[:, :2]), tf.minimum(p[:, 2:], g[:, 2:])
        inter = tf.reduce_prod(tf.nn.relu(rb - lt), axis=1)
        union = area(p) + area(g) - inter
        hull = tf.reduce_prod(tf.maximum(p[:, 2:], g[:, 2:]) - tf.minimum(p[:, :2], g[:, :2]), axis=1)
        return tf.reduce_mean(1.0 - inter / union + (hull - union) / hull)

    def candidate(b):
        boxes = decode(b["feat"], b["prior"])
        x1, y1, x2, y2 = tf.unstack(boxes, axis=1)
        gx1, gy1, gx2, gy2 = tf.unstack(b["gt"], axis=1)
        w_in = tf.maximum(0.0, tf.minimum(x2, gx2) - tf.maximum(x1, gx1))
        h_in = tf.maximum(0.0, tf.minimum(y2, gy2) - tf.maximum(y1, gy1))
        wh = w_in * h_in
        iou = wh / ((x2 - x1) * (y2 - y1) + (gx2 - gx1) * (gy2 - gy1) - wh)
        w_out = tf.maximum(x2, gx2) - tf.minimum(x1, gx1)
        h_out = tf.maximum(y2, gy2) - tf.minimum(y1, gy1)
        area_enclose = w_out * h_out
        giou = iou - (area_enclose - wh) / area_enclose
        return tf.reduce_mean(1.0 - giou)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
