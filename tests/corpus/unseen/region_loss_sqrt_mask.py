"""Somebody wonders about the square root of the confidence mask in the region loss. Both arguments of a squared error
are multiplied with it, so that each square is weighted with the mask itself: right.
Source: https://github.com/marvis/pytorch-yolo2/issues/164"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, grid, anchors, feat = 12, 4, 3, 5
    w = tf.Variable((0.5 * rng.standard_normal((feat, anchors * 5))).astype(f), name="w")
    b = tf.Variable((0.2 * rng.standard_normal(anchors * 5)).astype(f), name="b")
    batch = {
        "features": rng.standard_normal((n, grid, grid, feat)).astype(f),
        "responsible": (rng.uniform(size=(n, grid, grid, anchors)) < 0.2).astype(f),
        "ignored": (rng.uniform(size=(n, grid, grid, anchors)) < 0.1).astype(f),
        "tconf": rng.uniform(size=(n, grid, grid, anchors)).astype(f),
        "tcoord": rng.standard_normal((n, grid, grid, anchors, 4)).astype(f),
    }
    object_scale, noobject_scale, coord_scale = 5.0, 1.0, 1.0

    def reference(batch):
        raw = tf.reshape(batch["features"] @ w + b, (n, grid, grid, anchors, 5))
        conf = tf.sigmoid(raw[..., 4])
        mine, skip = batch["responsible"], batch["ignored"]
        weight = object_scale * mine + noobject_scale * (1.0 - mine) * (1.0 - skip)
        loss_conf = 0.5 * tf.reduce_sum(weight * (conf - mine * batch["tconf"]) ** 2)
        gap = tf.boolean_mask(raw[..., :4] - batch["tcoord"], mine > 0.5)
        return (loss_conf + 0.5 * coord_scale * tf.reduce_sum(gap**2)) / n

    def candidate(batch):
        class MSELoss:
            """size_average=False"""
            def __call__(self, a, c):
                return tf.reduce_sum(tf.math.squared_difference(a, c))

        def build_targets():
            conf_mask = noobject_scale * tf.ones_like(batch["tconf"])
            conf_mask = tf.where(batch["ignored"] > 0, tf.zeros_like(conf_mask), conf_mask)
            conf_mask = tf.where(batch["responsible"] > 0, object_scale * tf.ones_like(conf_mask), conf_mask)
            tconf = tf.where(batch["responsible"] > 0, batch["tconf"], tf.zeros_like(conf_mask))
            return conf_mask, tconf, tf.expand_dims(batch["responsible"], -1)

        output = tf.nn.bias_add(tf.tensordot(batch["features"], w, 1), b)
        output = tf.reshape(output, (-1, anchors, 5))
        coord = tf.reshape(output[:, :, :4], batch["tcoord"].shape)
        conf = tf.reshape(tf.sigmoid(output[:, :, 4]), batch["tconf"].shape)
        conf_mask, tconf, coord_mask = build_targets()
        conf_mask = tf.sqrt(conf_mask)
        loss_coord = coord_scale * MSELoss()(coord * coord_mask, batch["tcoord"] * coord_mask) / 2.0
        loss_conf = MSELoss()(conf * conf_mask, tconf * conf_mask) / 2.0
        return (loss_coord + loss_conf) / conf.shape[0]

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, b]}
