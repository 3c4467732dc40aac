"""CNTK AttentionModel: the attention weights are applied to the projected encoder states, Bahdanau applies them
to the encoder states themselves.
Source: https://github.com/microsoft/CNTK/issues/2083"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "h_att = tf.reduce_sum(h_enc_proj * weights, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.5):
        return tf.Variable((s * rng.normal(size=shape)).astype(fx), name=name)

    n, t, d, c = 4, 5, 6, 3
    w_enc, w_dec, v = var("w_enc", d, d), var("w_dec", d, d), var("v", d, s=1.0)
    w_out = var("w_out", 2 * d, c)
    lens = np.array([5, 3, 4, 5])

    def reference(batch):
        total = 0.0
        for b in range(n):
            h = batch["h_enc"][b][: int(lens[b])]
            q = batch["h_dec"][b]
            e = tf.linalg.matvec(tf.tanh(h @ w_enc + tf.linalg.matvec(w_dec, q, transpose_a=True)), v)
            a = tf.nn.softmax(e)
            ctx = tf.linalg.matvec(h, a, transpose_a=True)
            logits = tf.concat([ctx, q], 0)[None] @ w_out
            total += -tf.nn.log_softmax(logits)[0, batch["y"][b]]
        return total / n

    def candidate(batch):
        h_enc, h_dec = batch["h_enc"], batch["h_dec"]
        h_enc_proj = tf.einsum("btd,de->bte", h_enc, w_enc)
        h_dec_proj = tf.matmul(h_dec, w_dec)[:, None, :]
        u = tf.reduce_sum(tf.tanh(h_enc_proj + h_dec_proj) * v, axis=-1)
        valid = tf.range(t)[None, :] < batch["len"][:, None]
        u = tf.where(valid, u, tf.constant(-1e9, u.dtype))
        weights = tf.nn.softmax(u, axis=1)[:, :, None]
        h_att = tf.reduce_sum(h_enc_proj * weights, axis=1)
        logits = tf.matmul(tf.concat([h_att, h_dec], axis=-1), w_out)
        xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(xent)

    return {"reference": reference, "candidate": candidate,
            "batch": {"h_enc": rng.normal(size=(n, t, d)).astype(fx), "h_dec": rng.normal(size=(n, d)).astype(fx),
                      "len": lens.astype("int32"), "y": rng.integers(0, c, n).astype("int32")},
            "variables": [w_enc, w_dec, v, w_out]}
