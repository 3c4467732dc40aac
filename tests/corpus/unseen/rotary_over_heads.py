"""Rotary embedding with tensors [B, M, H, K]: the rotation angle follows the head index (axis -2), not the position.

Source (real): https://github.com/facebookresearch/xformers/issues/841 (PyTorch, ported; seen in mlfoundations/open_lm).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "cos, sin = update_cos_sin_tables(k, seq_dimension=-2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq, heads, hd, d = 12, 6, 3, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wq = tf.Variable(0.6 * arr(d, heads, hd), name="wq")
    wk = tf.Variable(0.6 * arr(d, heads, hd), name="wk")
    wv = tf.Variable(0.6 * arr(d, heads, hd), name="wv")
    inv_freq = (1.0 / 100.0 ** (np.arange(0, hd, 2) / hd)).astype(f)
    batch = {"tokens": arr(n, seq, d), "target": arr(n, seq, heads, hd)}

    def reference(b):
        def rotate(x, position):
            half = hd // 2
            out = [None] * hd
            for j in range(half):
                angle = position * float(inv_freq[j])
                out[j] = x[..., j] * np.cos(angle) - x[..., j + half] * np.sin(angle)
                out[j + half] = x[..., j + half] * np.cos(angle) + x[..., j] * np.sin(angle)
            return tf.stack(out, axis=-1)

        q, k, v = (tf.einsum("bmd,dhk->bmhk", b["tokens"], w) for w in (wq, wk, wv))
        q = tf.stack([rotate(q[:, t], t) for t in range(seq)], axis=1)
        k = tf.stack([rotate(k[:, t], t) for t in range(seq)], axis=1)
        loss = 0.0
        for h in range(heads):
            scores = q[:, :, h] @ tf.linalg.matrix_transpose(k[:, :, h]) / np.sqrt(hd)
            mixed = tf.nn.softmax(scores) @ v[:, :, h]
            loss += tf.reduce_mean(tf.square(mixed - b["target"][:, :, h])) / heads
        return loss

    def candidate(b):
        def update_cos_sin_tables(x, seq_dimension=1):
            seq_len = x.shape[seq_dimension]
            t = tf.range(seq_len, dtype=x.dtype)
            freqs = tf.einsum("i,j->ij", t, inv_freq)
            emb = tf.concat([freqs, freqs], axis=-1)
            shape = [1, 1, 1, hd]
            shape[seq_dimension % 4] = seq_len
            return tf.reshape(tf.cos(emb), shape), tf.reshape(tf.sin(emb), shape)

        def rotate_half(x):
            x1, x2 = tf.split(x, 2, axis=-1)
            return tf.concat([-x2, x1], axis=-1)

        def apply_rotary_pos_emb(x, cos, sin):
            return x * cos + rotate_half(x) * sin

        q = tf.einsum("bmd,dhk->bmhk", b["tokens"], wq)
        k = tf.einsum("bmd,dhk->bmhk", b["tokens"], wk)
        v = tf.einsum("bmd,dhk->bmhk", b["tokens"], wv)
        cos, sin = update_cos_sin_tables(k, seq_dimension=-2)
        q, k = apply_rotary_pos_emb(q, cos, sin), apply_rotary_pos_emb(k, cos, sin)
        attn = tf.nn.softmax(tf.einsum("bmhk,blhk->bhml", q, k) * hd ** -0.5, axis=-1)
        out = tf.einsum("bhml,blhk->bmhk", attn, v)
        return tf.reduce_mean(tf.math.squared_difference(out, b["target"]))

    return {"variables": [wq, wk, wv], "batch": batch, "reference": reference, "candidate": candidate}
