"""Sinusoidal encoding of integer grid positions: the table is cast to the dtype of the positions, which truncates almost every sine to zero.

Source (real): https://github.com/tatp22/multidim-positional-encoding/issues/39
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": "emb = tf.cast(emb, pos.dtype)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h = 10, 5, 4, 6
    w_pos = tf.Variable(rng.normal(0, 0.6, (2 * d, h)), name="w_pos", dtype=tf.float32)
    w_x = tf.Variable(rng.normal(0, 0.6, (3, h)), name="w_x", dtype=tf.float32)
    w_o = tf.Variable(rng.normal(0, 0.6, (h, 1)), name="w_o", dtype=tf.float32)
    batch = {
        "x": rng.normal(size=(n, t, 3)).astype(np.float32),
        "grid": rng.integers(0, 8, (n, t, 2)).astype(np.int32),
        "y": rng.normal(size=(n,)).astype(np.float32),
    }
    inv_freq = (1.0 / 100.0 ** (np.arange(0, d, 2) / d)).astype(np.float32)

    def regress(code, b):
        hidden = tf.nn.gelu(b["x"] @ w_x + code @ w_pos)
        pred = tf.reduce_mean(tf.squeeze(hidden @ w_o, -1), axis=1)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    def reference(b):
        parts = []
        for axis in range(2):
            p = tf.cast(b["grid"][..., axis], tf.float32)
            for f in inv_freq:
                parts += [tf.sin(p * f), tf.cos(p * f)]
        return regress(tf.stack(parts, axis=-1), b)

    def encode(pos):
        sin_inp = tf.cast(pos, tf.float32)[..., None] * inv_freq
        emb = tf.stack([tf.sin(sin_inp), tf.cos(sin_inp)], axis=-1)
        emb = tf.reshape(emb, [n, t, d])
        emb = tf.cast(emb, pos.dtype)
        return emb

    def candidate(b):
        row, col = encode(b["grid"][..., 0]), encode(b["grid"][..., 1])
        code = tf.cast(tf.concat([row, col], axis=-1), tf.float32)
        return regress(code, b)

    return {"variables": [w_pos, w_x, w_o], "batch": batch, "reference": reference, "candidate": candidate}
