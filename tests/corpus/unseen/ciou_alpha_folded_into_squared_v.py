"""Right: the aspect penalty v**2/(1-iou+v), reported as a wrong alpha, is alpha*v with alpha = v/(1-iou+v) folded in.

Source (real): https://github.com/frgfm/holocron/issues/112
"""
import math
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
    n, d = 16, 6
    kernel = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.2, name="box_kernel")
    bias = tf.Variable(np.array([0.0, 0.0, -0.6, 0.5], "float32"), name="box_bias")
    c = rng.uniform(2.0, 8.0, size=(n, 2))
    wh = np.stack([rng.uniform(2.5, 6.0, n), rng.uniform(0.6, 1.6, n)], -1)
    batch = {
        "feat": rng.normal(size=(n, d)).astype("float32"),
        "anchor": np.concatenate([c + rng.normal(size=(n, 2)) * 0.2, np.full((n, 2), 2.0)], -1).astype("float32"),
        "gt": np.concatenate([c - wh / 2, c + wh / 2], -1).astype("float32"),
    }

    def decode(b):
        t = b["feat"] @ kernel + bias
        xy = b["anchor"][:, :2] + 0.5 * t[:, :2]
        size = b["anchor"][:, 2:] * tf.exp(t[:, 2:])
        return tf.concat([xy - size / 2, xy + size / 2], -1)

    def geometry(p, g):
        lt, rb = tf.maximum(p[:, :2], g[:, :2]), tf.minimum(p[:, 2:], g[:, 2:])
        inter = tf.reduce_prod(tf.maximum(rb - lt, 0.0), -1)
        area_p = tf.reduce_prod(p[:, 2:] - p[:, :2], -1)
        area_g = tf.reduce_prod(g[:, 2:] - g[:, :2], -1)
        iou = inter / (area_p + area_g - inter + 1e-7)
        hull = tf.maximum(p[:, 2:], g[:, 2:]) - tf.minimum(p[:, :2], g[:, :2])
        centre = (p[:, :2] + p[:, 2:] - g[:, :2] - g[:, 2:]) / 2.0
        dist = tf.reduce_sum(centre ** 2, -1) / tf.reduce_sum(hull ** 2, -1)
        ang_p = tf.atan((p[:, 2] - p[:, 0]) / (p[:, 3] - p[:, 1]))
        ang_g = tf.atan((g[:, 2] - g[:, 0]) / (g[:, 3] - g[:, 1]))
        v = 4.0 / math.pi ** 2 * tf.square(ang_g - ang_p)
        return iou, dist, v

    def reference(b):
        iou, dist, v = geometry(decode(b), b["gt"])
        alpha = v / (1.0 - iou + v)
        return tf.reduce_mean(1.0 - iou + dist + alpha * v)

    def candidate(b):
        boxes = decode(b)
        iou, centre_dist, aspect = geometry(boxes, b["gt"])
        diou_loss = 1.0 - iou + centre_dist
        ciou_loss = diou_loss + tf.square(aspect) / (diou_loss - centre_dist + aspect)
        return tf.reduce_mean(ciou_loss)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
