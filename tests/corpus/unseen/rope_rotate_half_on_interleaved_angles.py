"""The angles are laid out for adjacent pairs (repeat), but rotate_half pairs dimension k with k + d/2.

Source (real): https://github.com/raiyanyahya/how-to-train-your-gpt/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'return tf.concat([-t[..., d // 2:], t[..., :d // 2]], axis=-1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, L, d, V = 8, 6, 8, 7
    wq, wk, wv = var("wq", d, d), var("wk", d, d), var("wv", d, d)
    head = var("lm_head", d, V)
    batch = {"h": arr(n, L, d), "next": rng.integers(0, V, size=(n, L))}
    freqs = 1.0 / 100.0 ** (np.arange(0, d, 2) / d)
    ang = (np.arange(L)[:, None] * freqs[None, :]).astype("float32")
    causal = np.triu(np.full((L, L), -1e9, "float32"), 1)

    def lm_loss(q, k, v, b):
        att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / d ** 0.5 + causal)
        logits = (att @ v) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["next"], logits=logits))

    def reference(b):
        def rotate(t):
            even, odd = t[..., 0::2], t[..., 1::2]
            c, s = tf.cos(ang), tf.sin(ang)
            pairs = tf.stack([even * c - odd * s, even * s + odd * c], axis=-1)
            return tf.reshape(pairs, [n, L, d])

        return lm_loss(rotate(b["h"] @ wq), rotate(b["h"] @ wk), b["h"] @ wv, b)

    def rotate_half(t):
        return tf.concat([-t[..., d // 2:], t[..., :d // 2]], axis=-1)

    def candidate(b):
        full = tf.repeat(ang, 2, axis=-1)
        cos, sin = tf.cos(full), tf.sin(full)
        q, k = b["h"] @ wq, b["h"] @ wk
        q, k = q * cos + rotate_half(q) * sin, k * cos + rotate_half(k) * sin
        return lm_loss(q, k, b["h"] @ wv, b)

    return {"variables": [wq, wk, wv, head], "batch": batch, "reference": reference, "candidate": candidate}
