"""UM-MAE decoder: visible tokens and mask tokens are simply concatenated rather than put back at their
positions. Source: https://github.com/implus/UM-MAE/issues/21"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "x_full = tf.concat([vis, msk], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, L, K, P, D = 3, 6, 2, 4, 5
    enc = tf.Variable(rng.normal(0, 0.6, (P, D)).astype(fx), name="enc")
    mtok = tf.Variable(rng.normal(0, 0.6, (D,)).astype(fx), name="mask_token")
    pos = tf.Variable(rng.normal(0, 0.6, (L, D)).astype(fx), name="pos_embed")
    dec = tf.Variable(rng.normal(0, 0.6, (D, P)).astype(fx), name="dec")
    perm = np.stack([rng.permutation(L) for _ in range(B)])
    perm[0] = [3, 5, 0, 1, 2, 4]
    restore = np.argsort(perm, 1)

    def decode(x):
        h = x + pos
        att = tf.nn.softmax(tf.matmul(h, h, transpose_b=True) / np.sqrt(D), axis=-1)
        return tf.tensordot(h + tf.matmul(att, h), dec, 1)

    def reference(batch):
        hidden = batch["ids_restore"] >= K
        tok = tf.tanh(tf.tensordot(batch["patches"], enc, 1))
        full = tf.where(hidden[..., None], mtok, tok)
        err = tf.reduce_mean(tf.square(decode(full) - batch["patches"]), axis=-1)
        return tf.reduce_mean(tf.boolean_mask(err, hidden))

    def candidate(batch):
        order = tf.argsort(batch["ids_restore"], axis=1)
        keep = order[:, :K]
        vis = tf.tanh(tf.tensordot(tf.gather(batch["patches"], keep, batch_dims=1), enc, 1))
        msk = tf.tile(mtok[None, None], (B, L - K, 1))
        x_full = tf.concat([vis, msk], axis=1)
        pred = decode(x_full)
        mask = tf.cast(batch["ids_restore"] >= K, pred.dtype)
        loss = tf.reduce_mean((pred - batch["patches"]) ** 2, axis=-1)
        return tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)

    return {"reference": reference, "candidate": candidate,
            "batch": {"patches": rng.normal(size=(B, L, P)).astype(fx), "ids_restore": restore.astype("int32")},
            "variables": [enc, mtok, pos, dec]}
