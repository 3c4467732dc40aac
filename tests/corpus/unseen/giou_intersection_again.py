"""In the GIoU the area of the intersection is subtracted from the enclosing area where the union
belongs. Source: https://github.com/FoundationVision/ByteTrack/pull/129"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "giou = iou - (area_c - area_i) / tf.maximum(area_c, 1e-16)",
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
    anchors = np.stack([rng.uniform(2, 6, n), rng.uniform(2, 6, n), rng.uniform(2, 4, n), rng.uniform(2, 4, n)], 1)
    gt = anchors + rng.uniform(-0.8, 0.8, (n, 4))
    batch = {"feat": rng.standard_normal((n, d)).astype(fx), "anchors": anchors.astype(fx), "gt": gt.astype(fx)}

    def decode(batch):
        delta = 0.5 * tf.tanh(batch["feat"] @ w + bias)
        xy = batch["anchors"][:, :2] + delta[:, :2] * batch["anchors"][:, 2:]
        wh = batch["anchors"][:, 2:] * tf.exp(delta[:, 2:])
        return tf.concat([xy, wh], axis=1)

    def reference(batch):
        p, g = decode(batch), batch["gt"]
        px1, py1, px2, py2 = tf.unstack(tf.concat([p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2], 1), axis=1)
        gx1, gy1, gx2, gy2 = tf.unstack(tf.concat([g[:, :2] - g[:, 2:] / 2, g[:, :2] + g[:, 2:] / 2], 1), axis=1)
        iw = tf.nn.relu(tf.minimum(px2, gx2) - tf.maximum(px1, gx1))
        ih = tf.nn.relu(tf.minimum(py2, gy2) - tf.maximum(py1, gy1))
        union = (px2 - px1) * (py2 - py1) + (gx2 - gx1) * (gy2 - gy1) - iw * ih
        hull = (tf.maximum(px2, gx2) - tf.minimum(px1, gx1)) * (tf.maximum(py2, gy2) - tf.minimum(py1, gy1))
        score = iw * ih / union - (hull - union) / hull
        return tf.reduce_mean(1 - score)

    def candidate(batch):
        pred, target = decode(batch), batch["gt"]
        tl = tf.maximum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        br = tf.minimum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_p = tf.reduce_prod(pred[:, 2:], axis=1)
        area_g = tf.reduce_prod(target[:, 2:], axis=1)
        en = tf.reduce_prod(tf.cast(tl < br, tl.dtype), axis=1)
        area_i = tf.reduce_prod(br - tl, axis=1) * en
        area_u = area_p + area_g - area_i
        iou = area_i / (area_u + 1e-16)
        c_tl = tf.minimum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        c_br = tf.maximum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_c = tf.reduce_prod(c_br - c_tl, axis=1)
        giou = iou - (area_c - area_i) / tf.maximum(area_c, 1e-16)
        return tf.reduce_mean(1.0 - giou)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, bias]}
