"""Rotary embedding with halves instead of neighbouring pairs, taken for wrong. Right here: the projection's columns are put into the matching order first, and scores do not depend on the order.
Source: https://github.com/zai-org/ChatGLM-6B/issues/838"""
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
    f = keras.config.floatx()
    n, T, d, hd = 12, 5, 3, 6
    wq = tf.Variable(0.6 * rng.normal(size=(d, hd)), dtype=f, name="wq")
    wk = tf.Variable(0.6 * rng.normal(size=(d, hd)), dtype=f, name="wk")
    wv = tf.Variable(0.6 * rng.normal(size=(d, 4)), dtype=f, name="wv")
    batch = {"x": rng.normal(size=(n, T, d)).astype(f), "y": rng.normal(size=(n, T, 4)).astype(f)}
    inv_freq = 1.0 / 10.0 ** (np.arange(0, hd, 2) / hd)

    def reference(batch):
        angle = tf.constant(np.outer(np.arange(T), inv_freq), f)

        def rotate_pairs(v):
            even, odd = v[..., 0::2], v[..., 1::2]
            c, s = tf.cos(angle), tf.sin(angle)
            return tf.reshape(tf.stack([even * c - odd * s, even * s + odd * c], -1), (n, T, hd))

        q, k = rotate_pairs(batch["x"] @ wq), rotate_pairs(batch["x"] @ wk)
        p = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / hd ** 0.5)
        return tf.reduce_mean((p @ (batch["x"] @ wv) - batch["y"]) ** 2)

    def candidate(batch):
        def rotate_half(x):
            x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2:]
            return tf.concat((-x2, x1), axis=-1)

        def permute(kernel):
            return tf.reshape(tf.transpose(tf.reshape(kernel, (d, hd // 2, 2)), (0, 2, 1)), (d, hd))

        freqs = np.einsum("i,j->ij", np.arange(T), inv_freq)
        emb = np.concatenate((freqs, freqs), axis=-1)
        cos, sin = tf.constant(np.cos(emb), f), tf.constant(np.sin(emb), f)

        def apply_rotary(q, k):
            return q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin

        q = tf.tensordot(batch["x"], permute(wq), axes=1)
        k = tf.tensordot(batch["x"], permute(wk), axes=1)
        q, k = apply_rotary(q, k)
        weights = keras.ops.softmax(tf.einsum("nqd,nkd->nqk", q, k) / float(np.sqrt(hd)), axis=-1)
        out = tf.einsum("nqk,nkd->nqd", weights, tf.tensordot(batch["x"], wv, axes=1))
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wq, wk, wv]}
