"""VQ-VAE: the straight-through estimator is applied before the codebook loss, so that loss moves the encoder and never the codebook.

Source (real): https://github.com/andylolu2/jax-vqvae-gpt/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'codes = z + tf.stop_gradient(codes - z)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, dz, kk, beta = 16, 8, 4, 6, 0.25
    enc = tf.Variable(rng.normal(0, 0.5, (dx, dz)), name="encoder", dtype=tf.float32)
    dec = tf.Variable(rng.normal(0, 0.5, (dz, dx)), name="decoder", dtype=tf.float32)
    book = tf.Variable(rng.normal(0, 0.8, (kk, dz)), name="codebook", dtype=tf.float32)
    batch = {"x": rng.normal(size=(n, dx)).astype(np.float32)}

    def nearest(z):
        d = tf.reduce_sum(z ** 2, 1, keepdims=True) - 2.0 * z @ tf.transpose(book) + tf.reduce_sum(book ** 2, 1)
        return tf.argmin(d, axis=1)

    def mse(p, q):
        return tf.reduce_mean(tf.square(p - q))

    def reference(b):
        z = tf.tanh(b["x"] @ enc)
        hard = tf.gather(book, nearest(z))
        commit = mse(tf.stop_gradient(hard), z)
        embed = mse(hard, tf.stop_gradient(z))
        passed = z + tf.stop_gradient(hard - z)
        recon = mse(passed @ dec, b["x"])
        return recon + embed + beta * commit

    def candidate(b):
        z = tf.tanh(b["x"] @ enc)
        codes = tf.gather(book, nearest(z))
        codes = z + tf.stop_gradient(codes - z)
        commit = mse(tf.stop_gradient(codes), z)
        embed = mse(codes, tf.stop_gradient(z))
        recon = mse(codes @ dec, b["x"])
        return recon + embed + beta * commit

    return {"variables": [enc, dec, book], "batch": batch, "reference": reference, "candidate": candidate}
