"""DETR's mask head: the attention maps are normalised over heads and positions together (flatten(2)), not for each head.

Source (real): https://github.com/facebookresearch/detr/issues/247 (MHAttentionMap, PyTorch; the maintainer confirmed that it should be
over each head).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "weights = tf.reshape(weights, [bs, queries, heads * rows * cols])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, queries, d, heads, rows, cols = 13, 3, 8, 2, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    wq = tf.Variable(0.5 * arr(d, d), name="q_linear")
    wk = tf.Variable(0.5 * arr(d, d), name="k_linear")
    conv = tf.Variable(arr(heads), name="mask_conv")
    pad = np.zeros((n, rows, cols), bool)
    for i in range(n):
        pad[i, :, rng.integers(2, cols) :] = True
    batch = {"q": arr(n, queries, d), "k": arr(n, rows, cols, d), "mask": pad, "y": arr(n, queries, rows, cols)}
    normalize_fact = (d / heads) ** -0.5

    def seg_loss(maps, y):
        logit = 10.0 * tf.reduce_sum(maps * conv, axis=-1)
        return tf.reduce_mean(tf.square(logit - y))

    def reference(b):
        dh = d // heads
        q, k = b["q"] @ wq, b["k"] @ wk
        flat = tf.reshape(b["mask"], [-1, 1, rows * cols])
        maps = []
        for h in range(heads):
            q_h = q[..., h * dh : (h + 1) * dh]
            k_h = tf.reshape(k[..., h * dh : (h + 1) * dh], [-1, rows * cols, dh])
            scores = tf.matmul(q_h, k_h, transpose_b=True) / np.sqrt(dh)
            attn = tf.nn.softmax(tf.where(flat, tf.constant(-1e9, scores.dtype), scores))
            maps.append(tf.reshape(attn, [-1, queries, rows, cols]))
        return seg_loss(tf.stack(maps, axis=-1), b["y"])

    def candidate(b):
        bs = b["q"].shape[0]
        qh = tf.reshape(b["q"] @ wq, [bs, queries, heads, d // heads])
        kh = tf.reshape(b["k"] @ wk, [bs, rows, cols, heads, d // heads])
        weights = tf.einsum("bqnc,bhwnc->bqnhw", qh * normalize_fact, kh)
        weights = tf.where(b["mask"][:, None, None], tf.constant(-1e9, weights.dtype), weights)
        weights = tf.reshape(weights, [bs, queries, heads * rows * cols])
        weights = tf.reshape(tf.nn.softmax(weights, axis=-1), [bs, queries, heads, rows, cols])
        return seg_loss(tf.transpose(weights, [0, 1, 3, 4, 2]), b["y"])

    return {"variables": [wq, wk, conv], "batch": batch, "reference": reference, "candidate": candidate}
