"""CIoU loss: the trade-off alpha is computed in a no-gradient block, which the thread suspects of not cutting the gradient.
Source: https://github.com/Zzh-tju/DIoU-SSD-pytorch/issues/19"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d = 5, 4
    w = tf.Variable(rng.normal(0, 0.15, (d, 4)).astype(fx), name="box_head")

    def boxes(x):
        raw = x @ w
        return 0.5 + 0.3 * tf.tanh(raw[:, :2]), tf.exp(raw[:, 2:]) * 0.4

    def reference(batch):
        c, s = boxes(batch["feat"])
        tc, ts = batch["tc"], batch["ts"]
        total = 0.0
        for i in range(n):
            a_lo, a_hi = c[i] - s[i] / 2, c[i] + s[i] / 2
            b_lo, b_hi = tc[i] - ts[i] / 2, tc[i] + ts[i] / 2
            inter = tf.reduce_prod(tf.nn.relu(tf.minimum(a_hi, b_hi) - tf.maximum(a_lo, b_lo)))
            iou = inter / (tf.reduce_prod(s[i]) + tf.reduce_prod(ts[i]) - inter)
            diag = tf.reduce_sum((tf.maximum(a_hi, b_hi) - tf.minimum(a_lo, b_lo)) ** 2)
            v = 4 / np.pi**2 * (tf.atan(ts[i, 0] / ts[i, 1]) - tf.atan(s[i, 0] / s[i, 1])) ** 2
            alpha = tf.stop_gradient(v / (1.0 - iou + v))
            total += 1.0 - iou + tf.reduce_sum((c[i] - tc[i]) ** 2) / diag + alpha * v
        return total / n

    def candidate(batch):
        def to_corners(center, size):
            return tf.concat([center - 0.5 * size, center + 0.5 * size], axis=1)

        center, size = boxes(batch["feat"])
        p, t = to_corners(center, size), to_corners(batch["tc"], batch["ts"])
        wh = tf.maximum(tf.minimum(p[:, 2:], t[:, 2:]) - tf.maximum(p[:, :2], t[:, :2]), 0.0)
        inter = wh[:, 0] * wh[:, 1]
        union = size[:, 0] * size[:, 1] + batch["ts"][:, 0] * batch["ts"][:, 1] - inter
        iou = inter / union
        outer = tf.maximum(p[:, 2:], t[:, 2:]) - tf.minimum(p[:, :2], t[:, :2])
        u = tf.reduce_sum(tf.square(center - batch["tc"]), 1) / tf.reduce_sum(tf.square(outer), 1)
        arctan = tf.atan(batch["ts"][:, 0] / batch["ts"][:, 1]) - tf.atan(size[:, 0] / size[:, 1])
        v = (4.0 / np.pi**2) * tf.square(arctan)
        s_fixed, v_fixed = tf.stop_gradient(1.0 - iou), tf.stop_gradient(v)
        alpha = v_fixed / (s_fixed + v_fixed)
        cious = iou - (u + alpha * v)
        return tf.reduce_mean(1.0 - cious)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "tc": rng.uniform(0.4, 0.6, (n, 2)).astype(fx),
                      "ts": rng.uniform(0.2, 0.6, (n, 2)).astype(fx)},
            "variables": [w]}
