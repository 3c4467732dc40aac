"""giou_batch subtracts the intersection, not the union, from the enclosing area.
Source: https://github.com/mikel-brostrom/boxmot/issues/1749"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "giou = iou - (area_enclose - wh) / area_enclose",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d = 6, 5
    head = keras.layers.Dense(4, name="box_head", kernel_initializer=keras.initializers.RandomNormal(stddev=0.05))
    head.build((None, d))

    def decode(feat, anchors):
        out = head(feat)
        centre = anchors[:, :2] + out[:, :2]
        half = 0.5 * anchors[:, 2:] * tf.exp(out[:, 2:])
        return tf.concat([centre - half, centre + half], axis=1)

    def reference(batch):
        pred = decode(batch["feat"], batch["anchors"])
        gt = batch["boxes"]
        inter_lt = tf.maximum(pred[:, :2], gt[:, :2])
        inter_rb = tf.minimum(pred[:, 2:], gt[:, 2:])
        inter = tf.reduce_prod(tf.maximum(inter_rb - inter_lt, 0.0), axis=1)
        union = tf.reduce_prod(pred[:, 2:] - pred[:, :2], axis=1) + tf.reduce_prod(gt[:, 2:] - gt[:, :2], axis=1) - inter
        hull = tf.reduce_prod(tf.maximum(pred[:, 2:], gt[:, 2:]) - tf.minimum(pred[:, :2], gt[:, :2]), axis=1)
        return tf.reduce_mean(1.0 - (inter / union - (hull - union) / hull))

    def candidate(batch):
        x1, y1, x2, y2 = tf.unstack(decode(batch["feat"], batch["anchors"]), axis=1)
        gx1, gy1, gx2, gy2 = tf.unstack(batch["boxes"], axis=1)
        xx1, yy1 = tf.maximum(x1, gx1), tf.maximum(y1, gy1)
        xx2, yy2 = tf.minimum(x2, gx2), tf.minimum(y2, gy2)
        w, h = tf.nn.relu(xx2 - xx1), tf.nn.relu(yy2 - yy1)
        wh = w * h
        union = (x2 - x1) * (y2 - y1) + (gx2 - gx1) * (gy2 - gy1) - wh
        iou = wh / union
        xxc1, yyc1 = tf.minimum(x1, gx1), tf.minimum(y1, gy1)
        xxc2, yyc2 = tf.maximum(x2, gx2), tf.maximum(y2, gy2)
        wc, hc = xxc2 - xxc1, yyc2 - yyc1
        area_enclose = wc * hc
        giou = iou - (area_enclose - wh) / area_enclose
        return tf.reduce_mean(1.0 - giou)

    centre = rng.uniform(2, 5, (n, 2))
    size = rng.uniform(1.5, 3, (n, 2))
    gt = np.concatenate([centre - size / 2, centre + size / 2], 1)
    anchors = np.concatenate([centre + rng.uniform(-0.7, 0.7, (n, 2)), rng.uniform(1.5, 3, (n, 2))], 1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, d)).astype(fx), "anchors": anchors.astype(fx),
                      "boxes": gt.astype(fx)},
            "variables": list(head.trainable_variables)}
