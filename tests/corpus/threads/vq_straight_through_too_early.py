"""VQ-VAE: the straight-through patch is applied before the codebook loss is computed.

Source (real): https://github.com/andylolu2/jax-vqvae-gpt/issues/2 (the loss should be computed before applying the
straight-through gradient; fixed). JAX, ported.
Right answer: NOT equivalent; same loss value, the codebook receives no gradient at all and the encoder its share.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "quantize = z + tf.stop_gradient(quantize - z)",
    "same_forward_value": True,
}

_BETA = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, codes = 19, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.6 * arr(d, emb), name="encoder")
    dec = tf.Variable(0.6 * arr(emb, d), name="decoder")
    codebook = tf.Variable(0.9 * arr(codes, emb), name="codebook")
    batch = {"x": arr(n, d)}

    def nearest(z):
        return tf.argmin(tf.reduce_sum(tf.square(z[:, None, :] - codebook[None]), axis=2), axis=1)

    def reference(b):
        z = b["x"] @ enc
        e = tf.gather(codebook, nearest(z))
        out = (z + tf.stop_gradient(e - z)) @ dec
        commitment = tf.reduce_mean(tf.square(z - tf.stop_gradient(e)))
        return (
            tf.reduce_mean(tf.square(out - b["x"]))
            + tf.reduce_mean(tf.square(e - tf.stop_gradient(z)))
            + _BETA * commitment
        )

    def candidate(b):
        z = b["x"] @ enc
        quantize = tf.gather(codebook, nearest(z))
        quantize = z + tf.stop_gradient(quantize - z)
        encoding_loss = tf.reduce_mean(tf.square(tf.stop_gradient(quantize) - z))
        codebook_loss = tf.reduce_mean(tf.square(quantize - tf.stop_gradient(z)))
        return tf.reduce_mean(tf.square(quantize @ dec - b["x"])) + codebook_loss + _BETA * encoding_loss

    return {"variables": [enc, dec, codebook], "batch": batch, "reference": reference, "candidate": candidate}
