"""Masked pretraining of volumes: the mask is True for kept voxels; the masked-only reconstruction loss
was left to be defined by the visible voxels. Source: https://github.com/Sllambias/asparagus/pull/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'weight = tf.cast(mask, pred.dtype)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, vox, hid = 4, 12, 6
    enc = var("encoder", vox, hid)
    dec = var("decoder", hid, vox)
    keep = np.stack([rng.permutation(vox) < 5 for _ in range(n)])

    def reconstruct(volume, visible):
        return tf.matmul(tf.tanh(tf.matmul(volume * tf.cast(visible, volume.dtype), enc)), dec)

    def reference(batch):
        hidden = tf.logical_not(batch["keep"])
        pred = reconstruct(batch["volume"], batch["keep"])
        missing = tf.boolean_mask(pred, hidden) - tf.boolean_mask(batch["volume"], hidden)
        return tf.reduce_mean(tf.square(missing))

    def candidate(batch):
        y, mask = batch["volume"], batch["keep"]
        pred = reconstruct(y, mask)
        weight = tf.cast(mask, pred.dtype)
        err = tf.square(pred - y) * weight
        return tf.reduce_sum(err) / tf.reduce_sum(weight)

    return {"reference": reference, "candidate": candidate,
            "batch": {"volume": arr(n, vox), "keep": keep},
            "variables": [enc, dec]}
