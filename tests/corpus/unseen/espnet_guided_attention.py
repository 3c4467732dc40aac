"""Tacotron2 guided attention with reduction factor > 1: the target lengths are not divided by the factor.
Source: https://github.com/espnet/espnet/pull/1087"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "out_steps = batch[\"olens\"]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, t_in, dim, r = 4, 5, 6, 2
    ilens = np.array([5, 4, 3, 5], "int32")
    olens = np.array([12, 10, 8, 6], "int32")
    t_out = int(olens.max()) // r
    sigma = 0.4
    wq = tf.Variable((0.8 * rng.normal(size=(dim, dim))).astype(fx), name="query_w")
    wk = tf.Variable((0.8 * rng.normal(size=(dim, dim))).astype(fx), name="key_w")

    def reference(batch):
        enc_ok = tf.sequence_mask(batch["ilens"], t_in)
        score = tf.einsum("bod,bid->boi", batch["dec"] @ wq, batch["enc"] @ wk) / np.sqrt(dim)
        att = tf.nn.softmax(tf.where(enc_ok[:, None, :], score, tf.cast(-1e9, score.dtype)), axis=-1)
        total, count = 0.0, 0.0
        for i in range(n):
            lo, li = int(olens[i]) // r, int(ilens[i])
            go = tf.range(lo, dtype=att.dtype)[:, None] / lo
            gi = tf.range(li, dtype=att.dtype)[None, :] / li
            g = 1.0 - tf.exp(-((gi - go) ** 2) / (2 * sigma ** 2))
            total += tf.reduce_sum(g * att[i, :lo, :li])
            count += lo * li
        return total / count

    def candidate(batch):
        query = tf.matmul(batch["dec"], wq)
        key = tf.matmul(batch["enc"], wk)
        energy = tf.matmul(query, key, transpose_b=True) * dim ** -0.5
        in_mask = tf.sequence_mask(batch["ilens"], t_in, dtype=energy.dtype)
        energy += (1.0 - in_mask[:, None, :]) * -1e9
        att_ws = tf.nn.softmax(energy)
        out_steps = batch["olens"]
        out_mask = tf.sequence_mask(out_steps, t_out, dtype=energy.dtype)
        grid_o = tf.range(t_out, dtype=energy.dtype)[None, :] / tf.cast(out_steps, energy.dtype)[:, None]
        grid_i = tf.range(t_in, dtype=energy.dtype)[None, :] / tf.cast(batch["ilens"], energy.dtype)[:, None]
        diff = grid_i[:, None, :] - grid_o[:, :, None]
        guide = 1.0 - tf.exp(-tf.square(diff) / (2.0 * sigma * sigma))
        masks = out_mask[:, :, None] * in_mask[:, None, :]
        return tf.reduce_sum(masks * guide * att_ws) / tf.reduce_sum(masks)

    return {"reference": reference, "candidate": candidate,
            "batch": {"enc": rng.normal(size=(n, t_in, dim)).astype(fx),
                      "dec": rng.normal(size=(n, t_out, dim)).astype(fx), "ilens": ilens, "olens": olens},
            "variables": [wq, wk]}
