"""Decode attention: the additive mask/bias is added before the 1/sqrt(D) scaling and so is attenuated by it.
Source: https://github.com/tenstorrent/tt-metal/pull/56406"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits = (tf.matmul(q, k, transpose_b=True) + bias) * scale",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, t, heads, hd = 3, 4, 2, 6
    d = heads * hd
    wqkv = tf.Variable((rng.normal(size=(d, 3 * d)) / 2).astype(fx), name="wqkv")
    table = tf.Variable(rng.normal(size=(heads, 2 * t - 1)).astype(fx) * 2, name="rel_table")

    def reference(batch):
        qkv = tf.reshape(tf.matmul(batch["x"], wqkv), (n, t, 3, heads, hd))
        q, k, v = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
        s = tf.einsum("bqhd,bkhd->bhqk", q, k) / hd**0.5
        s = s + tf.gather(table, batch["rel_index"], axis=1)[None]
        p = tf.nn.softmax(s, axis=-1)
        y = tf.reshape(tf.einsum("bhqk,bkhd->bqhd", p, v), (n, t, d))
        return tf.reduce_mean((y - batch["y"]) ** 2)

    def candidate(batch):
        def split(z):
            return tf.transpose(tf.reshape(z, (n, t, heads, hd)), (0, 2, 1, 3))

        q, k, v = [split(z) for z in tf.split(tf.matmul(batch["x"], wqkv), 3, axis=-1)]
        bias = tf.gather(table, batch["rel_index"], axis=1)
        scale = 1.0 / tf.sqrt(tf.cast(hd, q.dtype))
        logits = (tf.matmul(q, k, transpose_b=True) + bias) * scale
        out = tf.matmul(tf.nn.softmax(logits, axis=-1), v)
        out = tf.reshape(tf.transpose(out, (0, 2, 1, 3)), (n, t, d))
        return tf.reduce_mean(tf.square(out - batch["y"]))

    rel = np.arange(t)[:, None] - np.arange(t)[None] + t - 1
    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(n, t, d)).astype(fx),
            "y": rng.normal(size=(n, t, d)).astype(fx),
            "rel_index": rel.astype("int32"),
        },
        "variables": [wqkv, table],
    }
