"""The exponent -log(10000) / d // 2 is floored to -1 because of the precedence; the frequencies fall off much too slowly.

Source (real): https://github.com/zju3dv/LoFTR/issues/41
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'div_term = tf.exp(tf.range(0, d // 2, 2, dtype=tf.float32) * (-np.log(10000.0) / d // 2))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, Hh, Ww, d = 6, 3, 4, 16
    w_q, w_k = var("w_q", d, d, scale=0.3), var("w_k", d, d, scale=0.3)
    batch = {"f0": arr(n, Hh, Ww, d, scale=0.7), "f1": arr(n, Hh, Ww, d, scale=0.7), "match": rng.integers(0, Hh * Ww, size=(n, Hh * Ww))}

    def encoding(div_term):
        div_term = tf.cast(div_term, tf.float32)
        ys, xs = tf.meshgrid(tf.range(1.0, Hh + 1.0), tf.range(1.0, Ww + 1.0), indexing="ij")
        parts = [f(g[..., None] * div_term) for g in (xs, ys) for f in (tf.sin, tf.cos)]
        return tf.concat(parts, axis=-1)

    def coarse_match(pe, b):
        q = tf.reshape(b["f0"] + pe, [n, Hh * Ww, d]) @ w_q
        k = tf.reshape(b["f1"] + pe, [n, Hh * Ww, d]) @ w_k
        sim = tf.matmul(q, k, transpose_b=True) / d ** 0.5
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["match"], logits=sim))

    def reference(b):
        freq = tf.pow(10000.0, -tf.range(0, d // 2, 2, dtype=tf.float32) / (d // 2))
        return coarse_match(encoding(freq), b)

    def candidate(b):
        div_term = tf.exp(tf.range(0, d // 2, 2, dtype=tf.float32) * (-np.log(10000.0) / d // 2))
        return coarse_match(encoding(div_term), b)

    return {"variables": [w_q, w_k], "batch": batch, "reference": reference, "candidate": candidate}
