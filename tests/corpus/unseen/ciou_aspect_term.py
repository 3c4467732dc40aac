"""compute_ciou squares the factor 4/pi^2 of the aspect ratio term v together with the arctan difference.
Source: https://github.com/keras-team/keras/pull/20784"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "v = tf.square((4.0 / np.pi ** 2) * (ratio1 - ratio2))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 6, 5
    w = tf.Variable((0.5 * rng.standard_normal((d, 4))).astype(f), name="w")
    b = tf.Variable(np.array([0.1, -0.2, 0.9, 0.2]).astype(f), name="b")
    eps = 1e-7

    def predict(x):
        raw = x @ w + b
        return tf.concat([raw[:, :2], tf.exp(0.4 * raw[:, 2:])], axis=1)

    def reference(batch):
        pred, true = predict(batch["x"]), batch["box"]
        loss = 0.0
        for i in range(n):
            px, py, pw, ph = tf.unstack(pred[i])
            tx, ty, tw, th = tf.unstack(true[i])
            iw = tf.nn.relu(tf.minimum(px + pw / 2, tx + tw / 2) - tf.maximum(px - pw / 2, tx - tw / 2))
            ih = tf.nn.relu(tf.minimum(py + ph / 2, ty + th / 2) - tf.maximum(py - ph / 2, ty - th / 2))
            iou = iw * ih / (pw * ph + tw * th - iw * ih + eps)
            cw = tf.maximum(px + pw / 2, tx + tw / 2) - tf.minimum(px - pw / 2, tx - tw / 2)
            ch = tf.maximum(py + ph / 2, ty + th / 2) - tf.minimum(py - ph / 2, ty - th / 2)
            rho = (px - tx) ** 2 + (py - ty) ** 2
            angle = tf.atan(pw / (ph + eps)) - tf.atan(tw / (th + eps))
            v = 4 / np.pi ** 2 * angle ** 2
            loss += 1 - iou + rho / (cw ** 2 + ch ** 2 + eps) + v * v / (1 - iou + v + eps)
        return loss / n

    def candidate(batch):
        def corners(box):
            return tf.concat([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], axis=1)

        boxes1, boxes2 = predict(batch["x"]), batch["box"]
        c1, c2 = corners(boxes1), corners(boxes2)
        inter = tf.reduce_prod(tf.nn.relu(tf.minimum(c1[:, 2:], c2[:, 2:]) - tf.maximum(c1[:, :2], c2[:, :2])), 1)
        union = tf.reduce_prod(boxes1[:, 2:], 1) + tf.reduce_prod(boxes2[:, 2:], 1) - inter
        iou = inter / (union + eps)

        enclosing = tf.maximum(c1[:, 2:], c2[:, 2:]) - tf.minimum(c1[:, :2], c2[:, :2])
        diagonal = tf.reduce_sum(tf.square(enclosing), axis=1)
        distance = tf.reduce_sum(tf.math.squared_difference(boxes1[:, :2], boxes2[:, :2]), axis=1)

        ratio1 = tf.atan(boxes1[:, 2] / (boxes1[:, 3] + eps))
        ratio2 = tf.atan(boxes2[:, 2] / (boxes2[:, 3] + eps))
        v = tf.square((4.0 / np.pi ** 2) * (ratio1 - ratio2))
        alpha = v / (v - iou + 1.0 + eps)
        ciou = iou - (distance / (diagonal + eps) + v * alpha)
        return tf.reduce_mean(1.0 - ciou)

    box = np.concatenate([0.2 * rng.standard_normal((n, 2)), rng.uniform([0.4, 1.5], [0.8, 3.0], (n, 2))], 1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (0.5 * rng.standard_normal((n, d))).astype(f), "box": box.astype(f)},
            "variables": [w, b]}
