"""Anchor heights are multiplied by the root of the aspect ratio as the widths are, so that every anchor is square.
Source: https://github.com/dbolya/yolact/issues/19"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "h = scale * math.sqrt(ar) / size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, grid, d = 3, 2, 5
    size, ratios, scale = 32.0, [1.0, 0.5, 2.0], 12.0
    n = grid * grid * len(ratios)
    w = tf.Variable(rng.normal(size=(d, 4), scale=0.3).astype(fx), name="bbox_w")

    def smooth_l1(x):
        a = tf.abs(x)
        return tf.where(a < 1.0, 0.5 * a * a, a - 0.5)

    def reference(batch):
        cells = (np.arange(grid) + 0.5) / grid
        anchors = np.array([[cx, cy, scale * r ** 0.5 / size, scale / r ** 0.5 / size]
                            for cy in cells for cx in cells for r in ratios], dtype=batch["gt"].dtype.as_numpy_dtype)
        gt = batch["gt"]
        dxy = (gt[..., :2] - anchors[:, :2]) / (0.1 * anchors[:, 2:])
        dwh = tf.math.log(gt[..., 2:] / anchors[:, 2:]) / 0.2
        pred = tf.einsum("bnd,dk->bnk", batch["feat"], w)
        per_box = tf.reduce_sum(smooth_l1(pred - tf.concat([dxy, dwh], -1)), axis=-1)
        return tf.reduce_sum(per_box * batch["pos"]) / tf.reduce_sum(batch["pos"])

    def candidate(batch):
        prior_data = []
        for j in range(grid):
            for i in range(grid):
                x, y = (i + 0.5) / grid, (j + 0.5) / grid
                for ar in ratios:
                    w_ = scale * math.sqrt(ar) / size
                    h = scale * math.sqrt(ar) / size
                    prior_data.append([x, y, w_, h])
        priors = tf.reshape(tf.constant(prior_data, dtype=batch["gt"].dtype), [n, 4])
        loc_data = tf.matmul(batch["feat"], w)
        variances = (0.1, 0.2)
        g_cxcy = (batch["gt"][..., :2] - priors[:, :2]) / (variances[0] * priors[:, 2:])
        g_wh = tf.math.log(batch["gt"][..., 2:] / priors[:, 2:]) / variances[1]
        loc_t = tf.concat([g_cxcy, g_wh], axis=-1)
        idx = tf.where(batch["pos"] > 0)
        loss_b = tf.reduce_sum(smooth_l1(tf.gather_nd(loc_data, idx) - tf.gather_nd(loc_t, idx)))
        return loss_b / tf.reduce_sum(batch["pos"])

    gt = np.concatenate([rng.uniform(0.3, 0.7, size=(b, n, 2)), rng.uniform(0.3, 0.5, size=(b, n, 2))], -1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, n, d)).astype(fx), "gt": gt.astype(fx),
                      "pos": (rng.uniform(size=(b, n)) < 0.6).astype(fx)},
            "variables": [w]}
