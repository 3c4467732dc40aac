"""Right: with distances to the four sides the enclosing box is the sum of the maxima, no minus and no minimum needed.

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
    n, d = 14, 6
    w = tf.Variable(rng.normal(0, 0.3, (d, 4)), name="reg/w")
    scale = tf.Variable(1.2, name="reg/scale", dtype=tf.float64)
    batch = {"feat": rng.normal(size=(n, d)), "ltrb": rng.uniform(0.3, 2.0, (n, 4)), "point": rng.normal(0, 5, (n, 2)),
             "centerness": rng.uniform(0.2, 1, n)}

    def predict(b):
        return tf.exp(scale * (b["feat"] @ w))

    def reference(b):
        def corners(s):
            return tf.concat([b["point"] - s[:, :2], b["point"] + s[:, 2:]], -1)
        p, g = corners(predict(b)), corners(b["ltrb"])
        inter_wh = tf.minimum(p[:, 2:], g[:, 2:]) - tf.maximum(p[:, :2], g[:, :2])
        hull_wh = tf.maximum(p[:, 2:], g[:, 2:]) - tf.minimum(p[:, :2], g[:, :2])
        area = lambda c: (c[:, 2] - c[:, 0]) * (c[:, 3] - c[:, 1])
        inter, hull = tf.reduce_prod(inter_wh, 1), tf.reduce_prod(hull_wh, 1)
        union = area(p) + area(g) - inter
        giou = (inter + 1.0) / (union + 1.0) - (hull - union) / hull
        return tf.reduce_sum((1.0 - giou) * b["centerness"]) / tf.reduce_sum(b["centerness"])

    def candidate(b):
        pl, pt, pr, pb = tf.unstack(predict(b), axis=1)
        tl, tt, tr, tb = tf.unstack(b["ltrb"], axis=1)
        w_i = tf.minimum(pl, tl) + tf.minimum(pr, tr)
        g_w = tf.maximum(pl, tl) + tf.maximum(pr, tr)
        h_i = tf.minimum(pb, tb) + tf.minimum(pt, tt)
        g_h = tf.maximum(pb, tb) + tf.maximum(pt, tt)
        ac = g_w * g_h
        inter = w_i * h_i
        union = (tl + tr) * (tt + tb) + (pl + pr) * (pt + pb) - inter
        gious = (inter + 1.0) / (union + 1.0) - (ac - union) / ac
        losses = 1.0 - gious
        return tf.reduce_sum(losses * b["centerness"]) / tf.reduce_sum(b["centerness"])

    return {"variables": [w, scale], "batch": batch, "reference": reference, "candidate": candidate}
