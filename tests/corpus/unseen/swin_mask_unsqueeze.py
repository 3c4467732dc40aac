"""Swin: attn_mask as mask.unsqueeze(1) - mask.unsqueeze(2) was suspected to be transposed; the mask is symmetric.
Source: https://github.com/microsoft/Swin-Transformer/issues/42"""
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
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    nw, tok, c = 4, 4, 3
    wq, wk, wv = var("wq", c, c), var("wk", c, c), var("wv", c, c)
    bias = var("rel_bias", tok, tok)

    def reference(batch):
        total = 0.0
        for i in range(nw):
            x, r = batch["x"][:, i], batch["region"][i]
            att = (x @ wq) @ tf.linalg.matrix_transpose(x @ wk) * c ** -0.5 + bias
            same = tf.cast(r[:, None] == r[None, :], F)
            att = tf.nn.softmax(att - 100 * (1 - same), -1)
            total += tf.reduce_sum((att @ (x @ wv) - batch["y"][:, i]) ** 2)
        return total / tf.cast(tf.size(batch["y"]), F)

    def candidate(batch):
        mask_windows = tf.cast(batch["region"], F)
        attn_mask = mask_windows[:, None, :] - mask_windows[:, :, None]
        attn_mask = tf.where(attn_mask != 0, -100.0 * tf.ones_like(attn_mask), tf.zeros_like(attn_mask))
        windows = tf.reshape(batch["x"], [-1, tok, c])
        q, k, v = tf.matmul(windows, wq) * (c ** -0.5), tf.matmul(windows, wk), tf.matmul(windows, wv)
        attn = tf.matmul(q, k, transpose_b=True) + bias[None]
        attn = tf.reshape(attn, [-1, nw, tok, tok]) + attn_mask[None]
        attn = tf.nn.softmax(tf.reshape(attn, [-1, tok, tok]), axis=-1)
        out = tf.reshape(tf.matmul(attn, v), [-1, nw, tok, c])
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(2, nw, tok, c), "y": arr(2, nw, tok, c), "region": rng.integers(0, 3, (nw, tok))},
            "variables": [wq, wk, wv, bias]}
