"""Right: with distances (l, t, r, b) to the same point the enclosing width is max(l) + max(r), the corner form with a minimum is the same.

Source (real): https://github.com/aim-uofa/AdelaiDet/issues/115
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
    w = tf.Variable(rng.normal(size=(d, 4)).astype("float32") * 0.4, name="regression")
    scale = tf.Variable(np.float32(1.1), name="scale")
    batch = {
        "feat": rng.normal(size=(n, d)).astype("float32"),
        "point": rng.uniform(0, 8, size=(n, 2)).astype("float32"),
        "target": rng.uniform(0.4, 3.0, size=(n, 4)).astype("float32"),
        "centerness": rng.uniform(0.1, 1.0, size=n).astype("float32"),
    }

    def predict(b):
        return tf.exp(scale * (b["feat"] @ w))

    def weighted(gious, b):
        return tf.reduce_sum((1.0 - gious) * b["centerness"]) / tf.reduce_sum(b["centerness"])

    def reference(b):
        def corners(ltrb):
            return b["point"] - ltrb[:, :2], b["point"] + ltrb[:, 2:]
        pred = predict(b)
        (p_lo, p_hi), (g_lo, g_hi) = corners(pred), corners(b["target"])
        inter = tf.reduce_prod(tf.minimum(p_hi, g_hi) - tf.maximum(p_lo, g_lo), axis=1)
        union = tf.reduce_prod(p_hi - p_lo, axis=1) + tf.reduce_prod(g_hi - g_lo, axis=1) - inter
        enclose = tf.reduce_prod(tf.maximum(p_hi, g_hi) - tf.minimum(p_lo, g_lo), axis=1)
        giou = (inter + 1.0) / (union + 1.0) - (enclose - union) / enclose
        return weighted(giou, b)

    def candidate(b):
        pl, pt, pr, pb = tf.unstack(predict(b), axis=1)
        tl, tt, tr, tb = tf.unstack(b["target"], axis=1)
        w_intersect = tf.minimum(pl, tl) + tf.minimum(pr, tr)
        h_intersect = tf.minimum(pb, tb) + tf.minimum(pt, tt)
        g_w_intersect = tf.maximum(pl, tl) + tf.maximum(pr, tr)
        g_h_intersect = tf.maximum(pb, tb) + tf.maximum(pt, tt)
        ac_union = g_w_intersect * g_h_intersect
        area_intersect = w_intersect * h_intersect
        area_union = (tl + tr) * (tt + tb) + (pl + pr) * (pt + pb) - area_intersect
        ious = (area_intersect + 1.0) / (area_union + 1.0)
        return weighted(ious - (ac_union - area_union) / ac_union, b)

    return {"variables": [w, scale], "batch": batch, "reference": reference, "candidate": candidate}
