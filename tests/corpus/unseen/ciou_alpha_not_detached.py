"""The trade-off weight alpha of the CIoU loss carries a gradient; it has to be a constant.

Source (real): https://github.com/open-mmlab/mmdetection/issues/5818
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "alpha = v / (1.0 - ious + v + eps)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 10, 6
    eps = 1e-7
    w = tf.Variable(rng.normal(0, 0.3, (d, 4)).astype("float32"), name="bbox_kernel")
    bias = tf.Variable(np.array([-1.2, -0.8, 1.0, 1.3], "float32"), name="bbox_bias")
    centre = rng.uniform(2, 6, (n, 2))
    size = np.stack([rng.uniform(1.0, 2.0, n), rng.uniform(2.5, 5.0, n)], 1)
    batch = {
        "feat": rng.normal(0, 1, (n, d)).astype("float32"),
        "point": centre.astype("float32"),
        "gt": np.concatenate([centre - size / 2, centre + size / 2], 1).astype("float32"),
        "weight": rng.uniform(0.5, 1.5, n).astype("float32"),
    }

    def parts(b):
        raw = b["feat"] @ w + bias
        pred = tf.concat([b["point"] - tf.nn.softplus(-raw[:, :2]), b["point"] + tf.nn.softplus(raw[:, 2:])], 1)
        gt = b["gt"]
        lt, rb = tf.maximum(pred[:, :2], gt[:, :2]), tf.minimum(pred[:, 2:], gt[:, 2:])
        overlap = tf.reduce_prod(tf.nn.relu(rb - lt), axis=1)
        wh1, wh2 = pred[:, 2:] - pred[:, :2], gt[:, 2:] - gt[:, :2]
        ious = overlap / (tf.reduce_prod(wh1, 1) + tf.reduce_prod(wh2, 1) - overlap + eps)
        enclose = tf.maximum(pred[:, 2:], gt[:, 2:]) - tf.minimum(pred[:, :2], gt[:, :2])
        rho2 = tf.reduce_sum(((pred[:, :2] + pred[:, 2:]) - (gt[:, :2] + gt[:, 2:])) ** 2, 1) / 4.0
        c2 = tf.reduce_sum(enclose ** 2, axis=1) + eps
        v = 4.0 / math.pi ** 2 * (tf.atan(wh2[:, 0] / wh2[:, 1]) - tf.atan(wh1[:, 0] / wh1[:, 1])) ** 2
        return ious, rho2 / c2, v

    def reference(b):
        ious, centre_term, v = parts(b)
        trade_off = tf.stop_gradient(v / (1.0 - ious + v + eps))
        per_box = 1.0 - ious + centre_term + trade_off * v
        return tf.reduce_sum(per_box * b["weight"]) / n

    def candidate(b):
        ious, centre_term, v = parts(b)
        alpha = v / (1.0 - ious + v + eps)
        cious = ious - (centre_term + alpha * v)
        loss = (1.0 - cious) * b["weight"]
        return tf.reduce_mean(loss)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
