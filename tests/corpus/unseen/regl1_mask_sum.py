"""RegL1Loss divides by the sum of the mask after it was expanded to both channels, twice the number of
objects that the paper divides by. Source: https://github.com/xingyizhou/CenterNet/issues/647"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_wh = loss_wh / (tf.reduce_sum(mask) + 1e-4)',
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

    b, h, w, d, m = 2, 3, 3, 4, 3
    feats = normal(b, h, w, d)
    ind = np.array([[0, 4, 0], [8, 2, 5]], dtype="int32")
    reg_mask = np.array([[1, 1, 0], [1, 1, 1]], dtype="int32")
    wh_target = (3 + rng.standard_normal((b, m, 2))).astype(fx)
    heat = np.clip(rng.random((b, h, w)), 0, 0.9).astype(fx)
    for i in range(b):
        for j in range(m):
            if reg_mask[i, j]:
                heat[i, ind[i, j] // w, ind[i, j] % w] = 1
    k_hm = var("k_hm", d, 1)
    k_wh = var("k_wh", d, 2)

    def reference(batch):
        p = tf.clip_by_value(tf.sigmoid(tf.einsum("bhwd,dk->bhwk", batch["feats"], k_hm)[..., 0]), 1e-4, 1 - 1e-4)
        is_pos = batch["heat"] >= 1.0
        pos = tf.math.log(p) * (1 - p) ** 2
        neg = tf.math.log(1 - p) * p ** 2 * (1 - batch["heat"]) ** 4
        n = tf.reduce_sum(tf.cast(is_pos, p.dtype))
        hm = -tf.reduce_sum(tf.where(is_pos, pos, neg)) / n
        size = tf.reshape(tf.einsum("bhwd,dk->bhwk", batch["feats"], k_wh), [b, h * w, 2])
        l1 = 0.0
        for i in range(b):
            for j in range(m):
                if int(batch["reg_mask"][i, j]):
                    l1 += tf.reduce_sum(tf.abs(size[i, int(batch["ind"][i, j])] - batch["wh_target"][i, j]))
        n_obj = tf.cast(tf.reduce_sum(batch["reg_mask"]), p.dtype)
        return hm + 0.1 * l1 / (n_obj + 1e-4)

    def candidate(batch):
        hm = tf.clip_by_value(tf.sigmoid(tf.squeeze(tf.tensordot(batch["feats"], k_hm, 1), -1)), 1e-4, 1 - 1e-4)
        gt = batch["heat"]
        pos_inds = tf.cast(tf.equal(gt, 1.0), gt.dtype)
        neg_inds = tf.cast(tf.less(gt, 1.0), gt.dtype)
        neg_weights = tf.pow(1 - gt, 4)
        pos_loss = tf.reduce_sum(tf.math.log(hm) * tf.pow(1 - hm, 2) * pos_inds)
        neg_loss = tf.reduce_sum(tf.math.log(1 - hm) * tf.pow(hm, 2) * neg_weights * neg_inds)
        hm_loss = -(pos_loss + neg_loss) / tf.reduce_sum(pos_inds)
        output = tf.reshape(tf.tensordot(batch["feats"], k_wh, 1), [b, -1, 2])
        pred = tf.gather(output, batch["ind"], batch_dims=1)
        mask = tf.cast(tf.broadcast_to(batch["reg_mask"][:, :, None], [b, m, 2]), pred.dtype)
        loss_wh = tf.reduce_sum(tf.abs(pred * mask - batch["wh_target"] * mask))
        loss_wh = loss_wh / (tf.reduce_sum(mask) + 1e-4)
        return hm_loss + 0.1 * loss_wh

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "ind": ind, "reg_mask": reg_mask, "wh_target": wh_target, "heat": heat},
            "variables": [k_hm, k_wh]}
