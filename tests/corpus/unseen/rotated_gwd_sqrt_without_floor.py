"""Gaussian Wasserstein distance of rotated boxes: the clamp before the square root is at 0, where its gradient is NaN for a perfect box.

Source (real): https://github.com/open-mmlab/mmrotate/issues/205
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'distance = tf.sqrt(tf.maximum(xy_distance + whr_distance, 0.0))',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 10, 5
    w = tf.Variable(rng.normal(size=(d, 5)).astype("float32") * 0.15, name="w")
    feat = rng.normal(size=(n, d))
    feat[3] = 0.0                                       # nothing to correct for this anchor
    anchor = np.tile(np.array([5.0, 6.0, 4.0, 2.0, 0.0]), (n, 1))
    target = anchor + rng.normal(size=(n, 5)) * np.array([0.6, 0.6, 0.3, 0.2, 0.3])
    target[3] = anchor[3]
    batch = {"feat": feat.astype("float32"), "anchor": anchor.astype("float32"), "target": target.astype("float32")}

    def to_gaussian(box):
        xy, wh, r = box[:, :2], box[:, 2:4], box[:, 4]
        c, s = tf.cos(r), tf.sin(r)
        R = tf.reshape(tf.stack([c, -s, s, c], -1), (-1, 2, 2))
        S = 0.5 * tf.linalg.diag(wh)
        return xy, R @ S @ S @ tf.transpose(R, (0, 2, 1))

    def squared_parts(b):
        delta = b["feat"] @ w
        box = b["anchor"] + delta
        (xy_p, S_p), (xy_t, S_t) = to_gaussian(box), to_gaussian(b["target"])
        xy = tf.reduce_sum(tf.square(xy_p - xy_t), -1)
        trace = tf.linalg.trace(S_p) + tf.linalg.trace(S_t)
        cross = tf.linalg.trace(S_p @ S_t)
        det = tf.sqrt(tf.linalg.det(S_p) * tf.linalg.det(S_t))
        return xy, trace - 2.0 * tf.sqrt(cross + 2.0 * det)

    def reference(b):
        xy, whr = squared_parts(b)
        gwd = tf.sqrt(tf.maximum(xy + whr, 1e-12))
        return tf.reduce_mean(1.0 - 1.0 / (1.0 + tf.math.log1p(gwd)))

    def candidate(b):
        xy_distance, whr_distance = squared_parts(b)
        distance = tf.sqrt(tf.maximum(xy_distance + whr_distance, 0.0))
        distance = tf.math.log1p(distance)
        tau = 1.0
        loss = 1.0 - 1.0 / (tau + distance)
        return tf.reduce_sum(loss) / n

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
