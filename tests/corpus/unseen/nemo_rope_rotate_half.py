"""RoPE: _rotate_half turns [A, B, C, D] into [-C, -D, A, B], while the paper's matrix gives [-B, A, -D, C].

Source (real): https://github.com/NVIDIA-NeMo/Speech/issues/6923 (PyTorch; answer: "Not a bug", the frequencies are concatenated, not interleaved).
Right answer: EQUIVALENT to rotating the pairs (x_i, x_{i + d/2}) as complex numbers.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, seq, dim = 15, 5, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)
    wq = tf.Variable(0.4 * arr(dim, dim), name="query")
    wk = tf.Variable(0.4 * arr(dim, dim), name="key")
    wv = tf.Variable(0.4 * arr(dim, dim), name="value")
    batch = {"x": arr(n, seq, dim), "y": arr(n, seq, dim)}
    half = dim // 2
    inv_freq = 1.0 / (100.0 ** (np.arange(0, dim, 2) / dim))

    def reference(b):
        def rotated(z, position):
            pairs = tf.complex(z[..., :half], z[..., half:])
            phase = position * inv_freq
            turn = tf.cast(tf.complex(np.cos(phase), np.sin(phase)), pairs.dtype)
            return pairs * turn

        q, k, v = b["x"] @ wq, b["x"] @ wk, b["x"] @ wv
        total = 0.0
        for i in range(seq):
            q_i = rotated(q[:, i], i)
            s = [tf.math.real(tf.reduce_sum(q_i * tf.math.conj(rotated(k[:, j], j)), axis=-1)) for j in range(seq)]
            p = tf.nn.softmax(tf.stack(s, axis=1) / np.sqrt(dim), axis=1)
            total += tf.reduce_mean((tf.einsum("nj,njd->nd", p, v) - b["y"][:, i]) ** 2)
        return total / seq

    def candidate(b):
        def _rotate_half(x):
            x = tf.reshape(x, [-1, seq, 2, half])
            x1, x2 = tf.unstack(x, axis=-2)
            return tf.concat([-x2, x1], axis=-1)

        def apply_rotary_pos_emb(t, freqs):
            return t * tf.cos(freqs) + _rotate_half(t) * tf.sin(freqs)

        freqs = tf.einsum("i,j->ij", tf.range(seq, dtype=f), tf.constant(inv_freq.astype(f)))
        emb = tf.concat([freqs, freqs], axis=-1)
        query = apply_rotary_pos_emb(b["x"] @ wq, emb)
        key = apply_rotary_pos_emb(b["x"] @ wk, emb)
        scores = tf.matmul(query, key, transpose_b=True) / dim**0.5
        out = tf.matmul(tf.nn.softmax(scores), b["x"] @ wv)
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [wq, wk, wv], "batch": batch, "reference": reference, "candidate": candidate}
