"""The tiny model with two output layers takes the anchors 1, 2, 3 for its finer layer, where it
should be 0, 1, 2. Source: https://github.com/qqwweee/keras-yolo3/issues/638"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'anchor_mask = [[3, 4, 5], [1, 2, 3]]',
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

    b, d = 2, 4
    grids = (1, 2)
    anchors = np.array([[1.0, 1.4], [2.3, 2.7], [3.7, 5.8], [8.1, 8.2], [13.5, 16.9], [34.4, 31.9]], dtype=fx) / 8
    feat0, feat1 = normal(b, 1, 1, d), normal(b, 2, 2, d)
    obj0 = np.ones((b, 1, 1, 3), dtype=fx)
    obj1 = (rng.random((b, 2, 2, 3)) < 0.6).astype(fx)
    obj1[0, 0, 0] = 1
    wh0 = (1 + 3 * rng.random((b, 1, 1, 3, 2))).astype(fx)
    wh1 = (0.1 + rng.random((b, 2, 2, 3, 2))).astype(fx)
    k0 = var("k0", d, 6)
    k1 = var("k1", d, 6)

    def reference(batch):
        coarse = batch["anchors"][3:6]
        fine = batch["anchors"][0:3]
        loss = 0.0
        for feat, kernel, anc, obj, wh, g in (
            (batch["feat0"], k0, coarse, batch["obj0"], batch["wh0"], grids[0]),
            (batch["feat1"], k1, fine, batch["obj1"], batch["wh1"], grids[1]),
        ):
            raw = tf.reshape(tf.einsum("bhwd,dk->bhwk", feat, kernel), [b, g, g, 3, 2])
            true = tf.math.log(wh / anc)
            loss += tf.reduce_sum(obj[..., None] * 0.5 * (true - raw) ** 2) / b
        return loss

    def candidate(batch):
        num_layers = 2
        anchor_mask = [[3, 4, 5], [1, 2, 3]]
        feats = [batch["feat0"], batch["feat1"]]
        object_mask = [batch["obj0"], batch["obj1"]]
        y_true = [batch["wh0"], batch["wh1"]]
        kernels = [k0, k1]
        loss = 0.0
        for l in range(num_layers):
            layer_anchors = tf.gather(batch["anchors"], anchor_mask[l])
            shape = [b, grids[l], grids[l], 3, 2]
            raw_pred = tf.reshape(tf.tensordot(feats[l], kernels[l], 1), shape)
            raw_true_wh = tf.math.log(y_true[l] / layer_anchors)
            wh_loss = object_mask[l][..., None] * 0.5 * tf.square(raw_true_wh - raw_pred)
            loss += tf.reduce_sum(wh_loss) / b
        return loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat0": feat0, "feat1": feat1, "obj0": obj0, "obj1": obj1, "wh0": wh0, "wh1": wh1,
                      "anchors": anchors}, "variables": [k0, k1]}
