"""VQ-VAE: the straight-through line is written z_e + (z_q - z_e), which is just z_q.

Source: realistic (stop_gradient lost from the keras-io VQ-VAE line x + stop_gradient(quantized - x)).
Right answer: NOT equivalent; values agree, but the reconstruction trains the codebook and no longer the encoder.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "z = z_e + (z_q - z_e)",
    "same_forward_value": True,
}

_BETA = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k, zdim = 24, 5, 6, 3
    enc = tf.Variable((0.6 * rng.standard_normal((d, zdim))).astype(f), name="encoder")
    dec = tf.Variable((0.6 * rng.standard_normal((zdim, d))).astype(f), name="decoder")
    book = tf.Variable((0.8 * rng.standard_normal((k, zdim))).astype(f), name="codebook")
    batch = {"x": rng.standard_normal((n, d)).astype(f)}

    def nearest(z_e):
        dist = (
            tf.reduce_sum(z_e**2, axis=1, keepdims=True)
            + tf.reduce_sum(book**2, axis=1)
            - 2 * tf.matmul(z_e, book, transpose_b=True)
        )
        return tf.argmin(dist, axis=1)

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i : i + 1]
            z_e = x @ enc
            code = book[int(nearest(z_e)[0])][None]
            through = z_e + tf.stop_gradient(code - z_e)
            total += tf.reduce_mean(tf.square(through @ dec - x))
            total += tf.reduce_mean(tf.square(tf.stop_gradient(z_e) - code))
            total += _BETA * tf.reduce_mean(tf.square(z_e - tf.stop_gradient(code)))
        return total / m

    def candidate(b):
        z_e = tf.matmul(b["x"], enc)
        z_q = tf.gather(book, nearest(z_e))
        codebook_loss = tf.reduce_mean((z_q - tf.stop_gradient(z_e)) ** 2)
        commitment_loss = tf.reduce_mean((tf.stop_gradient(z_q) - z_e) ** 2)
        z = z_e + (z_q - z_e)
        recon = tf.matmul(z, dec)
        loss = tf.reduce_mean((recon - b["x"]) ** 2)
        loss += codebook_loss + _BETA * commitment_loss
        return loss

    return {"variables": [enc, dec, book], "batch": batch, "reference": reference, "candidate": candidate}
