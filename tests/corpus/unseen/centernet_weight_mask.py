"""Suspected: the wh loss does not select positives. The target weight is the mask, so it does. Source: https://github.com/open-mmlab/mmdetection/issues/5590"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, h, w, d = 2, 3, 3, 4
    feats = normal(b, h, w, d)
    centre = np.array([[[0, 0], [1, 2]], [[2, 1], [0, 2]]], dtype="int32")
    sizes = (2 + rng.random((b, 2, 2))).astype(fx)
    k_wh = var("k_wh", d, 2)
    b_wh = var("b_wh", 2)

    def reference(batch):
        positions = tf.gather_nd(batch["feats"], batch["centre"], batch_dims=1)
        pred = tf.einsum("bnd,dk->bnk", positions, k_wh) + b_wh
        return 0.1 * tf.reduce_mean(tf.abs(pred - batch["sizes"]))

    def candidate(batch):
        wh_target = np.zeros((b, h, w, 2), dtype=batch["sizes"].numpy().dtype)
        wh_target_weight = np.zeros_like(wh_target)
        avg_factor = 0
        for i in range(b):
            for (cy, cx), wh in zip(batch["centre"][i].numpy(), batch["sizes"][i].numpy()):
                wh_target[i, cy, cx] = wh
                wh_target_weight[i, cy, cx] = 1
                avg_factor += 1
        wh_pred = tf.tensordot(batch["feats"], k_wh, 1) + b_wh
        loss = tf.abs(wh_pred - wh_target) * wh_target_weight
        return 0.1 * tf.reduce_sum(loss) / (avg_factor * 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "centre": centre, "sizes": sizes}, "variables": [k_wh, b_wh]}
