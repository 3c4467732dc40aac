"""VQ-VAE: the codebook term lacks stop_gradient on the encoder output.

Source (constructed): van den Oord et al. 2017, eq. 3, with one of the two stop-gradients forgotten.
Right answer: NOT equivalent; same loss value, the encoder is pulled to the codes five times as hard.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'book = tf.reduce_mean(tf.reduce_sum(tf.square(code - z), axis=-1))',
    "same_forward_value": True,
}

_BETA = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim, codes = 30, 5, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(d, dim), name="encoder_w")
    dec = tf.Variable(0.5 * arr(dim, d), name="decoder_w")
    book_v = tf.Variable(arr(codes, dim), name="codebook")
    batch = {"x": arr(n, d)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            z = (b["x"][i : i + 1] @ enc)[0]
            e = book_v[tf.argmin(tf.reduce_sum(tf.square(book_v - z), axis=1))]
            through = z + tf.stop_gradient(e - z)
            recon = tf.reduce_sum(tf.square((through[None] @ dec)[0] - b["x"][i]))
            total += recon + tf.reduce_sum(tf.square(e - tf.stop_gradient(z)))
            total += _BETA * tf.reduce_sum(tf.square(z - tf.stop_gradient(e)))
        return total / m

    def candidate(b):
        z = tf.tensordot(b["x"], enc, 1)
        dist = tf.reduce_sum(tf.square(z[:, None] - book_v[None]), axis=-1)
        code = tf.gather(book_v, tf.argmin(dist, axis=1))
        recon = (z + tf.stop_gradient(code - z)) @ dec
        fit = tf.reduce_mean(tf.reduce_sum(tf.square(recon - b["x"]), axis=-1))
        book = tf.reduce_mean(tf.reduce_sum(tf.square(code - z), axis=-1))
        commit = tf.reduce_mean(tf.reduce_sum(tf.square(z - tf.stop_gradient(code)), axis=-1))
        return fit + book + _BETA * commit

    return {"variables": [enc, dec, book_v], "batch": batch, "reference": reference, "candidate": candidate}
