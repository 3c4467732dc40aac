"""MAE decoder: the features hold the class token as well, T is their number, and the loss mask
without class token is set from T on, one patch too late. Source: https://github.com/IcarusWizard/MAE/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mask = tf.cast(tf.broadcast_to(steps >= t, (patches, n, pix)), patches_hat.dtype)',
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

    n, patches, visible, dim, pix = 3, 6, 2, 5, 4
    mask_token = var("mask_token", 1, 1, dim)
    pos_emb = var("pos_embedding", patches + 1, 1, dim)
    out = var("head", dim, pix)
    emb = var("patch_embedding", pix, dim)
    cls = var("cls_token", 1, 1, dim)
    mixer = var("mixer", patches + 1, patches + 1)
    fwd = np.stack([rng.permutation(patches) for _ in range(n)], axis=1).astype("int32")
    bwd = np.argsort(fwd, axis=0).astype("int32")

    def take(seq, idx):
        return tf.transpose(tf.gather(tf.transpose(seq, (1, 0, 2)), tf.transpose(idx), batch_dims=1), (1, 0, 2))

    def encode(batch):
        shuffled = take(batch["patches"], batch["fwd"])[:visible]
        tok = tf.einsum("tnp,pd->tnd", shuffled, emb)
        return tf.concat([tf.tile(cls, (1, n, 1)), tok], axis=0)

    def decode(features, bwd_cls):
        missing = bwd_cls.shape[0] - features.shape[0]
        full = tf.concat([features, tf.tile(mask_token, (missing, n, 1))], axis=0)
        full = take(full, bwd_cls) + pos_emb
        full = full + tf.tanh(tf.einsum("st,tnd->snd", mixer, full))
        return tf.einsum("tnd,dp->tnp", full, out)[1:]

    def reference(batch):
        features = encode(batch)
        idx = tf.concat([tf.zeros((1, n), tf.int32), batch["bwd"] + 1], axis=0)
        recon = decode(features, idx)
        hidden = tf.cast(batch["bwd"] >= visible, recon.dtype)
        per_patch = tf.reduce_mean(tf.square(recon - batch["patches"]), axis=-1)
        return tf.reduce_sum(per_patch * hidden) / (n * patches) / ((patches - visible) / patches)

    def candidate(batch):
        features = encode(batch)
        t = features.shape[0]
        backward = tf.concat([tf.zeros((1, n), tf.int32), batch["bwd"] + 1], axis=0)
        patches_hat = decode(features, backward)
        steps = tf.range(patches)[:, None, None]
        mask = tf.cast(tf.broadcast_to(steps >= t, (patches, n, pix)), patches_hat.dtype)
        mask = take(mask, backward[1:] - 1)
        ratio = 1.0 - visible / patches
        return tf.reduce_mean(tf.square(patches_hat - batch["patches"]) * mask) / ratio

    return {"reference": reference, "candidate": candidate,
            "batch": {"patches": arr(patches, n, pix), "fwd": fwd, "bwd": bwd},
            "variables": [mask_token, pos_emb, out, emb, cls, mixer]}
