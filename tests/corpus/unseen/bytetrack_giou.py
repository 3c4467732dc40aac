"""ByteTrack IOUloss: GIoU subtracts (area_c - area_i)/area_c, i.e. the intersection where the union belongs.
Source: https://github.com/FoundationVision/ByteTrack/pull/129"""
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
    n, d = 6, 5
    W = tf.Variable(rng.normal(0, 0.3, (d, 4)).astype(fx), name="W")
    b = tf.Variable(np.array([5.0, 5.0, 1.0, 1.0]).astype(fx), name="b")
    tgt = np.concatenate([rng.uniform(4.5, 5.5, (n, 2)), rng.uniform(2, 4, (n, 2))], 1)

    def decode(x):
        raw = tf.matmul(x, W) + b
        return tf.concat([raw[:, :2], tf.exp(raw[:, 2:])], axis=1)

    def reference(batch):
        p, g = decode(batch["feat"]), batch["target"]
        pl, ph = p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2
        gl, gh = g[:, :2] - g[:, 2:] / 2, g[:, :2] + g[:, 2:] / 2
        wh = tf.nn.relu(tf.minimum(ph, gh) - tf.maximum(pl, gl))
        inter = wh[:, 0] * wh[:, 1]
        union = p[:, 2] * p[:, 3] + g[:, 2] * g[:, 3] - inter
        hull = tf.maximum(ph, gh) - tf.minimum(pl, gl)
        hull = hull[:, 0] * hull[:, 1]
        loss = 1.0 - (inter / union - 1.0 + union / hull)
        return tf.reduce_sum(loss * batch["fg"]) / tf.reduce_sum(batch["fg"])

    def candidate(batch):
        pred, target = decode(batch["feat"]), batch["target"]
        tl = tf.maximum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        br = tf.minimum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_p = tf.reduce_prod(pred[:, 2:], axis=1)
        area_g = tf.reduce_prod(target[:, 2:], axis=1)
        en = tf.reduce_all(tl < br, axis=1)
        area_i = tf.reduce_prod(br - tl, axis=1) * tf.cast(en, pred.dtype)
        iou = area_i / (area_p + area_g - area_i)
        c_tl = tf.minimum(pred[:, :2] - pred[:, 2:] / 2, target[:, :2] - target[:, 2:] / 2)
        c_br = tf.maximum(pred[:, :2] + pred[:, 2:] / 2, target[:, :2] + target[:, 2:] / 2)
        area_c = tf.reduce_prod(c_br - c_tl, axis=1)
        giou = iou - (area_c - area_i) / tf.maximum(area_c, 1e-16)
        loss = 1.0 - tf.clip_by_value(giou, -1.0, 1.0)
        return tf.reduce_sum(loss * batch["fg"]) / tf.reduce_sum(batch["fg"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "target": tgt.astype(fx),
                      "fg": np.array([1, 1, 0, 1, 1, 0]).astype(fx)},
            "variables": [W, b]}
