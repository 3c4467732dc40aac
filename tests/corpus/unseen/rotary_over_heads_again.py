"""Causal self-attention: the rotary module rotates along axis -2, which holds the heads, not the positions.

Source (real): https://github.com/mlfoundations/open_lm/issues/4 (PyTorch, ported; the xformers rotary class expects
(batch, heads, positions, dim) but got (batch, positions, heads, dim)).
Right answer: NOT equivalent; every position gets the same rotation, so the scores know nothing about distances.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "q, k = rotary(q, k)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq, heads, dim = 14, 6, 3, 4
    width = heads * dim
    inv_freq = (1.0 / 10.0 ** (np.arange(0, dim, 2) / dim)).astype(f)

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w_in = tf.Variable(0.35 * arr(width, 3 * width), name="in_proj")
    w_out = tf.Variable(0.3 * arr(width, width), name="out_proj")
    batch = {"x": arr(n, seq, width), "y": arr(n, seq, width)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for h in range(heads):
            cols = slice(h * dim, (h + 1) * dim)
            q = b["x"] @ w_in[:, :width][:, cols]
            k = b["x"] @ w_in[:, width : 2 * width][:, cols]
            v = b["x"] @ w_in[:, 2 * width :][:, cols]
            rows = []
            for t in range(seq):
                logits = []
                for s in range(t + 1):
                    score = 0.0
                    for j in range(dim // 2):
                        c, d = np.cos((t - s) * inv_freq[j]), np.sin((t - s) * inv_freq[j])
                        a1, a2 = q[:, t, j], q[:, t, j + dim // 2]
                        b1, b2 = k[:, s, j], k[:, s, j + dim // 2]
                        score += (a1 * b1 + a2 * b2) * c + (a1 * b2 - a2 * b1) * d
                    logits.append(score / np.sqrt(dim))
                p = tf.nn.softmax(tf.stack(logits, axis=1))
                rows.append(tf.reduce_sum(p[:, :, None] * v[:, : t + 1], axis=1))
            total += tf.stack(rows, axis=1) @ w_out[cols]
        return tf.reduce_sum(tf.square(total - b["y"])) / (m * seq * width)

    def candidate(b):
        def rotate_half(x):
            x1, x2 = tf.split(x, 2, axis=-1)
            return tf.concat([-x2, x1], axis=-1)

        def rotary(q, k):
            t = tf.cast(tf.range(q.shape[-2]), q.dtype)
            freqs = tf.einsum("i,j->ij", t, tf.constant(inv_freq))
            emb = tf.concat([freqs, freqs], axis=-1)
            cos, sin = tf.cos(emb)[None, None], tf.sin(emb)[None, None]
            return q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin

        q, k, v = tf.split(b["x"] @ w_in, 3, axis=-1)
        q, k, v = (tf.reshape(t, [-1, seq, heads, dim]) for t in (q, k, v))
        q, k = rotary(q, k)
        scores = tf.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(dim).astype(f)
        causal = tf.linalg.band_part(tf.ones([seq, seq], scores.dtype), -1, 0)
        attn = tf.nn.softmax(scores + (1.0 - causal) * -1e9, axis=-1)
        out = tf.reshape(tf.einsum("bhqk,bkhd->bqhd", attn, v), [-1, seq, width]) @ w_out
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [w_in, w_out], "batch": batch, "reference": reference, "candidate": candidate}
