"""Right: CIoU written as overlap minus (distance + shape) and then taken from one is the paper's sum of the three terms.

Source (real): https://github.com/ultralytics/yolov5/issues/7709
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
    n, d = 12, 5
    w = tf.Variable(rng.normal(0, 0.3, (d, 4)), name="box_head")
    gt = np.concatenate([rng.normal(0, 0.4, (n, 2)), rng.uniform(1, 2, (n, 2))], 1)
    batch = {"feat": rng.normal(size=(n, d)), "gt": gt}
    eps = 1e-7

    def predict(b):
        raw = b["feat"] @ w
        return tf.concat([tf.tanh(raw[:, :2]), 1.5 * tf.exp(0.5 * tf.tanh(raw[:, 2:]))], 1)

    def reference(b):
        p, g = predict(b), b["gt"]
        lo_p, hi_p, lo_g, hi_g = p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2, g[:, :2] - g[:, 2:] / 2, g[:, :2] + g[:, 2:] / 2
        inter = tf.reduce_prod(tf.nn.relu(tf.minimum(hi_p, hi_g) - tf.maximum(lo_p, lo_g)), 1)
        iou = inter / (tf.reduce_prod(p[:, 2:], 1) + tf.reduce_prod(g[:, 2:], 1) - inter + eps)
        diag = tf.reduce_sum((tf.maximum(hi_p, hi_g) - tf.minimum(lo_p, lo_g)) ** 2, 1) + eps
        S, D = 1.0 - iou, tf.reduce_sum((p[:, :2] - g[:, :2]) ** 2, 1) / diag
        V = 4.0 / np.pi ** 2 * (tf.atan(g[:, 2] / g[:, 3]) - tf.atan(p[:, 2] / p[:, 3])) ** 2
        alpha = tf.stop_gradient(V / (S + V + eps))
        return tf.reduce_mean(S + D + alpha * V)

    def candidate(b):
        px, py, pw, ph = tf.split(predict(b), 4, axis=-1)
        gx, gy, gw, gh = tf.split(b["gt"], 4, axis=-1)
        p1, p2, q1, q2 = px - pw / 2, px + pw / 2, py - ph / 2, py + ph / 2
        g1, g2, h1, h2 = gx - gw / 2, gx + gw / 2, gy - gh / 2, gy + gh / 2
        inter = tf.nn.relu(tf.minimum(p2, g2) - tf.maximum(p1, g1)) * tf.nn.relu(tf.minimum(q2, h2) - tf.maximum(q1, h1))
        union = pw * ph + gw * gh - inter + eps
        iou = inter / union
        cw = tf.maximum(p2, g2) - tf.minimum(p1, g1)
        ch = tf.maximum(q2, h2) - tf.minimum(q1, h1)
        c2 = cw ** 2 + ch ** 2 + eps
        rho2 = ((g1 + g2 - p1 - p2) ** 2 + (h1 + h2 - q1 - q2) ** 2) / 4
        v = (4 / np.pi ** 2) * tf.square(tf.atan(gw / gh) - tf.atan(pw / ph))
        a = tf.stop_gradient(v / (v - iou + (1 + eps)))
        ciou = iou - (rho2 / c2 + v * a)
        return tf.reduce_mean(1.0 - ciou)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
