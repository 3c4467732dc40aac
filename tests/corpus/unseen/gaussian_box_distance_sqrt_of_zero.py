"""Gaussian Wasserstein box loss: the squared distance is clamped at zero before the square root, so a box that already fits gives NaN.

Source (real): https://github.com/open-mmlab/mmrotate/issues/205
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'dist = tf.sqrt(tf.maximum(xy + wh, 0.0))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, tau = 8, 1.0
    start = np.concatenate([rng.normal(0, 2, (n, 2)), rng.uniform(0.5, 2, (n, 2))], 1).astype(np.float32)
    pred = tf.Variable(start, name="pred_boxes")
    gt = start + rng.normal(0, 0.4, start.shape).astype(np.float32)
    gt[2] = start[2]
    gt[:, 2:] = np.abs(gt[:, 2:])
    batch = {"gt": gt, "weight": rng.uniform(0.5, 1.5, n).astype(np.float32)}

    def to_gaussian(box):
        return box[:, :2], tf.linalg.diag(0.25 * box[:, 2:] ** 2)

    def parts(b):
        mu_p, s_p = to_gaussian(pred)
        mu_t, s_t = to_gaussian(b["gt"])
        xy_sq = tf.reduce_sum((mu_p - mu_t) ** 2, -1)
        root_p, root_t = tf.sqrt(tf.linalg.diag_part(s_p)), tf.sqrt(tf.linalg.diag_part(s_t))
        wh_sq = tf.reduce_sum((root_p - root_t) ** 2, -1)
        return xy_sq, wh_sq

    def post(d, weight):
        score = 1.0 - 1.0 / (tau + tf.math.log1p(d))
        return tf.reduce_sum(weight * score) / tf.reduce_sum(weight)

    def reference(b):
        xy_sq, wh_sq = parts(b)
        return post(tf.sqrt(tf.maximum(xy_sq + wh_sq, 1e-12)), b["weight"])

    def candidate(b):
        xy, wh = parts(b)
        dist = tf.sqrt(tf.maximum(xy + wh, 0.0))
        return post(dist, b["weight"])

    return {"variables": [pred], "batch": batch, "reference": reference, "candidate": candidate}
