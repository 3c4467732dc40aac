"""The factor 4/pi^2 of the aspect-ratio term v of CIoU stands inside the square and gets squared too. Source: https://github.com/keras-team/keras/issues/20780"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "v = tf.pow((4 / np.pi ** 2) * (tf.atan(w2 / h2) - tf.atan(w1 / h1)), 2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d = 5, 6
    w, bias = var("w", d, 4, scale=0.3), var("bias", 4, scale=0.2)
    anchors = np.stack([rng.uniform(2, 6, n), rng.uniform(2, 6, n), rng.uniform(3, 5, n), rng.uniform(1, 1.6, n)], 1)
    gt = np.concatenate([anchors[:, :2] + rng.uniform(-0.2, 0.2, (n, 2)), anchors[:, :1:-1]], 1)
    batch = {"feat": rng.standard_normal((n, d)).astype(fx), "anchors": anchors.astype(fx), "gt": gt.astype(fx)}

    def decode(batch):
        delta = 0.5 * tf.tanh(batch["feat"] @ w + bias)
        xy = batch["anchors"][:, :2] + delta[:, :2] * batch["anchors"][:, 2:]
        wh = batch["anchors"][:, 2:] * tf.exp(delta[:, 2:])
        return tf.concat([xy, wh], axis=1)

    def reference(batch):
        p, g = decode(batch), batch["gt"]
        lo_p, hi_p = p[:, :2] - 0.5 * p[:, 2:], p[:, :2] + 0.5 * p[:, 2:]
        lo_g, hi_g = g[:, :2] - 0.5 * g[:, 2:], g[:, :2] + 0.5 * g[:, 2:]
        inter = tf.reduce_prod(tf.nn.relu(tf.minimum(hi_p, hi_g) - tf.maximum(lo_p, lo_g)), axis=1)
        iou = inter / (p[:, 2] * p[:, 3] + g[:, 2] * g[:, 3] - inter)
        diag = tf.reduce_sum(tf.square(tf.maximum(hi_p, hi_g) - tf.minimum(lo_p, lo_g)), axis=1)
        dist = tf.reduce_sum(tf.square(p[:, :2] - g[:, :2]), axis=1)
        angle = tf.atan(g[:, 2] / g[:, 3]) - tf.atan(p[:, 2] / p[:, 3])
        v = 4 / np.pi ** 2 * angle * angle
        trade_off = v / (1 - iou + v)
        return tf.reduce_mean(1 - iou + dist / diag + trade_off * v)

    def candidate(batch):
        pred, true = decode(batch), batch["gt"]
        cx1, cy1, w1, h1 = tf.unstack(pred, axis=1)
        cx2, cy2, w2, h2 = tf.unstack(true, axis=1)
        ix = tf.maximum(tf.minimum(cx1 + w1 / 2, cx2 + w2 / 2) - tf.maximum(cx1 - w1 / 2, cx2 - w2 / 2), 0.0)
        iy = tf.maximum(tf.minimum(cy1 + h1 / 2, cy2 + h2 / 2) - tf.maximum(cy1 - h1 / 2, cy2 - h2 / 2), 0.0)
        intersection = ix * iy
        iou = intersection / (w1 * h1 + w2 * h2 - intersection)
        cw = tf.maximum(cx1 + w1 / 2, cx2 + w2 / 2) - tf.minimum(cx1 - w1 / 2, cx2 - w2 / 2)
        ch = tf.maximum(cy1 + h1 / 2, cy2 + h2 / 2) - tf.minimum(cy1 - h1 / 2, cy2 - h2 / 2)
        convex_diagonal = cw ** 2 + ch ** 2
        centers_distance = (cx1 - cx2) ** 2 + (cy1 - cy2) ** 2
        v = tf.pow((4 / np.pi ** 2) * (tf.atan(w2 / h2) - tf.atan(w1 / h1)), 2)
        alpha = v / (v - iou + 1.0)
        ciou = iou - (centers_distance / convex_diagonal + v * alpha)
        return tf.reduce_mean(1.0 - ciou)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
