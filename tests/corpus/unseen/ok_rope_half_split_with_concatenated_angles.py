"""Right: rotate_half on the two halves belongs to angles concatenated twice; it is the complex rotation of the pairs (i, i + d/2).

Source (real): https://github.com/lucidrains/PaLM-rlhf-pytorch/issues/56
"""
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
    n, t, d, vocab = 7, 5, 6, 8
    mk = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    emb, wq, wk, wv, out = mk("emb", vocab, d), mk("wq", d, d), mk("wk", d, d), mk("wv", d, d), mk("out", d, vocab)
    batch = {
        "ids": rng.integers(0, vocab, size=(n, t)).astype(np.int32),
        "next": rng.integers(0, vocab, size=(n, t)).astype(np.int32),
    }
    inv_freq = (1.0 / 20.0 ** (np.arange(0, d, 2) / d)).astype(np.float32)
    theta = np.outer(np.arange(t), inv_freq).astype(np.float32)

    def lm(q, k, v, b):
        s = tf.matmul(q, k, transpose_b=True) / d ** 0.5
        s = tf.where(np.tril(np.ones((t, t), bool)), s, -1e9)
        logits = (tf.nn.softmax(s, -1) @ v) @ out
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["next"], logits=logits))

    def turn(x):                                            # as complex numbers
        z = tf.complex(x[..., : d // 2], x[..., d // 2:])
        z = z * tf.complex(np.cos(theta), np.sin(theta))
        return tf.concat([tf.math.real(z), tf.math.imag(z)], -1)

    def reference(b):
        x = tf.gather(emb, b["ids"])
        return lm(turn(x @ wq), turn(x @ wk), x @ wv, b)

    def rotate_half(x):
        x1, x2 = tf.split(x, 2, axis=-1)
        return tf.concat([-x2, x1], axis=-1)

    def apply_rotary(pos, x):
        return x * tf.cos(pos) + rotate_half(x) * tf.sin(pos)

    def candidate(b):
        freqs = tf.einsum("i,j->ij", tf.range(t, dtype=tf.float32), tf.constant(inv_freq))
        pos = tf.concat([freqs, freqs], axis=-1)
        x = tf.gather(emb, b["ids"])
        q, k, v = (tf.einsum("ntd,de->nte", x, w) for w in (wq, wk, wv))
        return lm(apply_rotary(pos, q), apply_rotary(pos, k), v, b)

    return {"variables": [emb, wq, wk, wv, out], "batch": batch, "reference": reference, "candidate": candidate}
