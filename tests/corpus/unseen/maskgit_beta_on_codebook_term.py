"""The factor beta weighs the codebook term instead of the commitment term of the vector quantiser.

Source (real): https://github.com/dome272/MaskGIT-pytorch/issues/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'vq = commitment + beta * codebook_term',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, k = 14, 8, 4, 7
    enc = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.4, name="encoder")
    book = tf.Variable(rng.normal(size=(k, h)).astype("float32"), name="codebook")
    dec = tf.Variable(rng.normal(size=(h, d)).astype("float32") * 0.4, name="decoder")
    batch = {"x": rng.normal(size=(n, d)).astype("float32")}
    beta = 0.25

    def nearest(z):
        d2 = tf.reduce_sum(z ** 2, 1, keepdims=True) + tf.reduce_sum(book ** 2, 1) - 2.0 * tf.matmul(z, book, transpose_b=True)
        return tf.argmin(d2, axis=1)

    def reference(b):
        z = b["x"] @ enc
        zq = tf.gather(book, nearest(z))
        commit = tf.reduce_mean(tf.square(tf.stop_gradient(zq) - z))
        codes = tf.reduce_mean(tf.square(zq - tf.stop_gradient(z)))
        straight = z + tf.stop_gradient(zq - z)
        rec = tf.reduce_mean(tf.abs(straight @ dec - b["x"]))
        return rec + codes + beta * commit

    def candidate(b):
        z = b["x"] @ enc
        z_q = tf.gather(book, nearest(z))
        commitment = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2)
        codebook_term = tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)
        vq = commitment + beta * codebook_term
        z_st = z + tf.stop_gradient(z_q - z)
        rec_loss = tf.reduce_mean(tf.abs(b["x"] - z_st @ dec))
        return rec_loss + vq

    return {"variables": [enc, book, dec], "batch": batch, "reference": reference, "candidate": candidate}
