"""Causal self-attention LM: additive -1e9 mask, weights folded as (h Wq Wk^T) h^T, softmax before the value product.

Source (realistic): the TensorFlow transformer tutorial's `scaled_attention_logits += mask * -1e9`, asked about often
("why not -inf, does the gradient leak?").
Right answer: EQUIVALENT to attending over the prefix only; exp(-1e9) underflows to exactly zero and (AB)C = A(BC).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, vocab = 12, 5, 4, 6
    wq, wk, wv, wo = (
        tf.Variable((0.6 * rng.standard_normal((d, k))).astype(f), name=name)
        for name, k in (("wq", 3), ("wk", 3), ("wv", d), ("wo", vocab))
    )
    batch = {"h": rng.standard_normal((n, t, d)).astype(f), "next": rng.integers(0, vocab, (n, t))}

    def reference(b):
        m = b["next"].shape[0]
        total = 0.0
        for i in range(m):
            h = b["h"][i]
            q, k, v = h @ wq, h @ wk, h @ wv
            for s in range(t):
                att = tf.nn.softmax(tf.linalg.matvec(k[: s + 1], q[s]) / 3**0.5)
                ctx = h[s] + tf.tensordot(att, v[: s + 1], 1)
                total -= tf.nn.log_softmax(tf.linalg.matvec(wo, ctx, transpose_a=True))[b["next"][i, s]]
        return total / (m * t)

    def candidate(b):
        h = b["h"]
        bilinear = tf.matmul(wq, wk, transpose_b=True)
        scores = tf.einsum("btd,de,bse->bts", h, bilinear, h) * 3**-0.5
        future = 1.0 - tf.linalg.band_part(tf.ones((t, t), h.dtype), -1, 0)
        att = tf.nn.softmax(scores - 1e9 * future[tf.newaxis])
        logits = tf.einsum("btd,dv->btv", h, wo) + tf.einsum("bts,bsd,de,ev->btv", att, h, wv, wo)
        nll = tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(b["next"], vocab, dtype=h.dtype), logits)
        return tf.reduce_mean(tf.reduce_mean(nll, axis=1))

    return {"variables": [wq, wk, wv, wo], "batch": batch, "reference": reference, "candidate": candidate}
