"""The alpha-DIoU penalty raises the x and the y part of the centre distance to the power beta each before
the sum, not the squared distance as a whole, as the paper's formula has it. Source: https://github.com/Jacobi93/Alpha-IoU/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'rho2 = (tf.abs(dx) ** beta + tf.abs(dy) ** beta) / 2.0 ** beta',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d = 6, 4
    feats = normal(n, d)
    xy = rng.random((n, 2)) * 2
    gt = np.concatenate([xy, xy + 1.0 + rng.random((n, 2))], 1).astype(fx)
    fg = np.array([1, 1, 0, 1, 1, 0]).astype(fx)
    w = var("w", d, 4, scale=0.3)
    beta = 6.0

    def decode(batch):
        raw = batch["feats"] @ w
        centre = raw[:, :2] + 3.5
        size = 1.0 + tf.nn.softplus(raw[:, 2:])
        return tf.concat([centre - size / 2, centre + size / 2], 1)

    def reference(batch):
        box, total = decode(batch), 0.0
        for i in range(n):
            if batch["fg"][i] < 0.5:
                continue
            px1, py1, px2, py2 = tf.unstack(box[i])
            gx1, gy1, gx2, gy2 = tf.unstack(batch["gt"][i])
            iw = tf.maximum(tf.minimum(px2, gx2) - tf.maximum(px1, gx1), 0.0)
            ih = tf.maximum(tf.minimum(py2, gy2) - tf.maximum(py1, gy1), 0.0)
            union = (px2 - px1) * (py2 - py1) + (gx2 - gx1) * (gy2 - gy1) - iw * ih
            dist = ((px1 + px2 - gx1 - gx2) ** 2 + (py1 + py2 - gy1 - gy2) ** 2) / 4.0
            cw = tf.maximum(px2, gx2) - tf.minimum(px1, gx1)
            ch = tf.maximum(py2, gy2) - tf.minimum(py1, gy1)
            total += 1.0 - (iw * ih / union) ** 3 + (dist / (cw ** 2 + ch ** 2)) ** 3
        return total / tf.reduce_sum(batch["fg"])

    def candidate(batch):
        b1, b2 = decode(batch), batch["gt"]
        inter = tf.reduce_prod(tf.nn.relu(tf.minimum(b1[:, 2:], b2[:, 2:]) - tf.maximum(b1[:, :2], b2[:, :2])), -1)
        area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
        iou = inter / (area(b1) + area(b2) - inter)
        hull = tf.maximum(b1[:, 2:], b2[:, 2:]) - tf.minimum(b1[:, :2], b2[:, :2])
        c2 = tf.reduce_sum(tf.square(hull), axis=-1) ** (beta / 2.0)
        dx = b2[:, 0] + b2[:, 2] - b1[:, 0] - b1[:, 2]
        dy = b2[:, 1] + b2[:, 3] - b1[:, 1] - b1[:, 3]
        rho2 = (tf.abs(dx) ** beta + tf.abs(dy) ** beta) / 2.0 ** beta
        loss = 1.0 - iou ** (beta / 2.0) + rho2 / c2
        return tf.reduce_sum(loss * batch["fg"]) / tf.reduce_sum(batch["fg"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "gt": gt, "fg": fg}, "variables": [w]}
