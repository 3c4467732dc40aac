"""MLA attention: heads and sequence are transposed before the rotary embedding, which takes axis 1 for the sequence.

Source (real): https://github.com/tensorgi/TPA/issues/4 (MLA with the Rotary class, PyTorch, ported).
Right answer: NOT equivalent; each head is rotated by its own number and the positions in the sequence are not encoded at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "seq_len = x.shape[1]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, T, n_head, head_dim = 13, 6, 3, 4
    d = 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    W_q = tf.Variable(0.7 * arr(d, n_head * head_dim), name="W_q")
    W_k = tf.Variable(0.7 * arr(d, n_head * head_dim), name="W_k")
    W_v = tf.Variable(0.5 * arr(d, n_head * head_dim), name="W_v")
    batch = {"x": arr(n, T, d), "y": arr(n, T)}
    inv_freq = (1.0 / 100.0 ** (np.arange(0, head_dim, 2) / head_dim)).astype(f)

    def reference(b):
        total = 0.0
        half = head_dim // 2
        for h in range(n_head):
            cols = slice(h * head_dim, (h + 1) * head_dim)
            qs, ks = [], []
            for t in range(T):
                c, s = np.cos(t * inv_freq), np.sin(t * inv_freq)
                rotation = np.block([[np.diag(c), np.diag(-s)], [np.diag(s), np.diag(c)]]).astype(f)
                qs.append(b["x"][:, t] @ W_q[:, cols] @ rotation)
                ks.append(b["x"][:, t] @ W_k[:, cols] @ rotation)
            assert rotation.shape == (2 * half, 2 * half)
            v = b["x"] @ W_v[:, cols]
            for t in range(T):
                scores = tf.stack([tf.reduce_sum(qs[t] * ks[u], -1) for u in range(t + 1)], -1)
                p = tf.nn.softmax(scores / np.sqrt(head_dim).astype(f))
                mixed = tf.add_n([p[:, u : u + 1] * v[:, u] for u in range(t + 1)])
                total += tf.one_hot(t, T, dtype=mixed.dtype) * tf.reduce_sum(mixed, -1, keepdims=True)
        return tf.reduce_mean(tf.square(total - b["y"]))

    def candidate(b):
        def rotary(x):
            seq_len = x.shape[1]
            t = tf.range(seq_len, dtype=x.dtype)
            freqs = tf.einsum("i,j->ij", t, inv_freq)
            return tf.cos(freqs)[None, :, None, :], tf.sin(freqs)[None, :, None, :]

        def apply_rotary_emb(x, cos, sin):
            x1, x2 = tf.split(x, 2, axis=-1)
            return tf.concat([x1 * cos + x2 * sin, x2 * cos - x1 * sin], axis=-1)

        def split_heads(z):
            return tf.transpose(tf.reshape(z, [-1, T, n_head, head_dim]), [0, 2, 1, 3])

        q, k, v = (split_heads(b["x"] @ w) for w in (W_q, W_k, W_v))
        cos, sin = rotary(q)
        q, k = apply_rotary_emb(q, cos, sin), apply_rotary_emb(k, cos, sin)
        att = tf.matmul(q, k, transpose_b=True) / np.sqrt(head_dim).astype(f)
        causal = tf.linalg.band_part(tf.ones((T, T), dtype=tf.bool), -1, 0)
        att = tf.nn.softmax(tf.where(causal, att, tf.constant(-1e9, att.dtype)))
        out = tf.reduce_sum(att @ v, axis=(1, 3))
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [W_q, W_k, W_v], "batch": batch, "reference": reference, "candidate": candidate}
