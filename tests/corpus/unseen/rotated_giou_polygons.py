"""Complex-YOLO: the GIoU takes intersection and hull from polygon objects built out of detached numpy boxes; only the area of the predicted box stays in the graph.

Source (real): https://github.com/maudzung/Complex-YOLOv4-Pytorch/issues/13 (PyTorch with shapely and scipy, ported for upright boxes).
Right answer: NOT equivalent; the value is right, but the centre of the box gets no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "p_polygons = cvt_boxes_to_polygons(pred_boxes.numpy())",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 18, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    centre_w = tf.Variable(0.3 * arr(d, 2), name="centre_w")
    size_w = tf.Variable(0.3 * arr(d, 2), name="size_w")
    conf_w = tf.Variable(0.5 * arr(d), name="conf_w")
    batch = {
        "feat": arr(n, d),
        "target": np.concatenate([0.4 * arr(n, 2), 1.0 + rng.random((n, 2)).astype(f)], 1),
        "obj": (rng.random(n) < 0.6).astype(f),
    }

    def head(feat):
        return feat @ centre_w, 1.2 * tf.exp(feat @ size_w), tf.linalg.matvec(feat, conf_w)

    def conf_loss(logit, obj):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=obj, logits=logit))

    def reference(b):
        centre, size, conf = head(b["feat"])
        lo_p, hi_p = centre - size / 2, centre + size / 2
        lo_t = b["target"][:, :2] - b["target"][:, 2:] / 2
        hi_t = b["target"][:, :2] + b["target"][:, 2:] / 2
        inter = tf.reduce_prod(tf.nn.relu(tf.minimum(hi_p, hi_t) - tf.maximum(lo_p, lo_t)), 1)
        # hull of two upright boxes: the enclosing box minus the corner triangles that neither box reaches
        wide = tf.maximum(hi_p, hi_t) - tf.minimum(lo_p, lo_t)
        gap_lo, gap_hi = lo_p - lo_t, hi_p - hi_t
        cut = tf.nn.relu(gap_lo[:, 0] * gap_lo[:, 1] * -1.0) + tf.nn.relu(gap_hi[:, 0] * gap_hi[:, 1] * -1.0)
        cut += tf.nn.relu(gap_lo[:, 0] * gap_hi[:, 1]) + tf.nn.relu(gap_hi[:, 0] * gap_lo[:, 1])
        hull = wide[:, 0] * wide[:, 1] - 0.5 * cut
        union = size[:, 0] * size[:, 1] + b["target"][:, 2] * b["target"][:, 3] - inter
        giou = inter / union - (hull - union) / hull
        return tf.reduce_mean(1.0 - giou) + conf_loss(conf, b["obj"])

    def candidate(b):
        def cvt_boxes_to_polygons(boxes):
            sign = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
            return boxes[:, None, :2] + sign[None] * boxes[:, None, 2:]

        def intersection(p, t):
            side = np.minimum(p.max(0), t.max(0)) - np.maximum(p.min(0), t.min(0))
            return np.prod(np.maximum(side, 0.0))

        def turn(a, c, p):
            return (c[0] - a[0]) * (p[1] - c[1]) - (c[1] - a[1]) * (p[0] - c[0])

        def hull_area(points):
            points = sorted(map(tuple, points))
            hull = []
            for seq in (points, points[::-1]):
                chain = []
                for p in seq:
                    while len(chain) > 1 and turn(chain[-2], chain[-1], p) <= 0:
                        chain.pop()
                    chain.append(p)
                hull += chain[:-1]
            x, y = np.array(hull).T
            return 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))

        p_xy, p_wl, conf = head(b["feat"])
        pred_boxes = tf.concat([p_xy, p_wl], axis=1)
        p_polygons = cvt_boxes_to_polygons(pred_boxes.numpy())
        t_polygons = cvt_boxes_to_polygons(b["target"].numpy())
        giou_loss = 0.0
        for i, (p, t) in enumerate(zip(p_polygons, t_polygons)):
            p_area = p_wl[i, 0] * p_wl[i, 1]
            t_area = b["target"][i, 2] * b["target"][i, 3]
            inter = intersection(p, t)
            union = p_area + t_area - inter
            convex_area = hull_area(np.concatenate([p, t], axis=0))
            giou_loss += 1.0 - (inter / union - (convex_area - union) / (convex_area + 1e-16))
        return giou_loss / len(p_polygons) + conf_loss(conf, b["obj"])

    return {"variables": [centre_w, size_w, conf_w], "batch": batch, "reference": reference, "candidate": candidate}
