"""Right: the half-split rotation on permuted projection columns gives the same scores as the interleaved rotation of the paper.

Source (real): https://github.com/huggingface/transformers/issues/40462
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

    def lm_loss(q, k, v, b):
        att = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / d ** 0.5)
        logits = (att @ v) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["next"], logits=logits))

    def reference(b):
        def rotate(t):
            even, odd = t[..., 0::2], t[..., 1::2]
            c, s = tf.cos(ang), tf.sin(ang)
            pairs = tf.stack([even * c - odd * s, even * s + odd * c], axis=-1)
            return tf.reshape(pairs, [n, L, d])

        return lm_loss(rotate(b["h"] @ wq), rotate(b["h"] @ wk), b["h"] @ wv, b)

    def candidate(b):
        perm = np.concatenate([np.arange(0, d, 2), np.arange(1, d, 2)])
        emb = tf.concat([ang, ang], axis=-1)
        cos, sin = tf.cos(emb), tf.sin(emb)

        def apply(t):
            t1, t2 = tf.split(t, 2, axis=-1)
            return t * cos + tf.concat([-t2, t1], axis=-1) * sin

        q = apply(b["h"] @ tf.gather(wq, perm, axis=1))
        k = apply(b["h"] @ tf.gather(wk, perm, axis=1))
        return lm_loss(q, k, b["h"] @ wv, b)

    return {"variables": [wq, wk, wv, head], "batch": batch, "reference": reference, "candidate": candidate}
