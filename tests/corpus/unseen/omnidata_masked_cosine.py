"""The masked cosine loss normalises with dim=1 after a permute to channels last; since the mask flattens to
[N, 3] that is the channel axis. Source: https://github.com/EPFL-VILAB/omnidata/issues/47"""
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

    n, h, d = 2, 4, 3
    feats = normal(n, h, h, d)
    target_np = rng.random((n, 3, h, h)).astype(fx)
    mask_np = (rng.random((n, h, h)) < 0.7).astype(fx)
    w = var("w", d, 3)

    def reference(batch):
        total, count = 0.0, 0
        for i in range(n):
            for r in range(h):
                for c in range(h):
                    if batch["mask"][i, r, c] < 0.5:
                        continue
                    p = 2.0 * tf.sigmoid(tf.linalg.matvec(w, batch["feats"][i, r, c], transpose_a=True)) - 1.0
                    q = 2.0 * batch["target"][i, :, r, c] - 1.0
                    total -= tf.reduce_sum(p * q) / (tf.norm(p) * tf.norm(q))
                    count += 1
        return total / count

    def candidate(batch):
        preds = tf.transpose(tf.sigmoid(batch["feats"] @ w), [0, 3, 1, 2])
        preds = tf.clip_by_value(2.0 * preds - 1.0, -1.0, 1.0)
        target = tf.clip_by_value(2.0 * batch["target"] - 1.0, -1.0, 1.0)
        mask_valid = batch["mask"] > 0.5
        preds = tf.boolean_mask(tf.transpose(preds, [0, 2, 3, 1]), mask_valid)
        target = tf.boolean_mask(tf.transpose(target, [0, 2, 3, 1]), mask_valid)
        preds_norm = tf.math.l2_normalize(preds, axis=1)
        target_norm = tf.math.l2_normalize(target, axis=1)
        return tf.reduce_mean(-tf.reduce_sum(preds_norm * target_norm, axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"feats": feats, "target": target_np, "mask": mask_np}, "variables": [w]}
