"""The codebook loss is taken after the straight-through patch, so that it moves the encoder and never the codebook.

Source (real): https://github.com/andylolu2/jax-vqvae-gpt/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'quantize = inputs + tf.stop_gradient(quantize - inputs)',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, e = 16, 7, 5, 3
    enc = tf.Variable(rng.normal(size=(d, e)).astype("float32") * 0.5, name="enc")
    codebook = tf.Variable(rng.normal(size=(k, e)).astype("float32"), name="codebook")
    dec = tf.Variable(rng.normal(size=(e, d)).astype("float32") * 0.5, name="dec")
    batch = {"x": rng.normal(size=(n, d)).astype("float32")}
    beta = 0.25

    def nearest(z):
        d2 = tf.reduce_sum(z ** 2, -1, keepdims=True) - 2.0 * z @ tf.transpose(codebook) + tf.reduce_sum(codebook ** 2, -1)
        return tf.argmin(d2, axis=-1)

    def reference(b):
        z_e = b["x"] @ enc
        e_k = tf.gather(codebook, nearest(z_e))
        commitment = tf.reduce_mean(tf.square(tf.stop_gradient(e_k) - z_e))
        dictionary = tf.reduce_mean(tf.square(e_k - tf.stop_gradient(z_e)))
        z_q = z_e + tf.stop_gradient(e_k - z_e)
        recon = tf.reduce_mean(tf.square(z_q @ dec - b["x"]))
        return recon + dictionary + beta * commitment

    def candidate(b):
        inputs = b["x"] @ enc
        encoding_indices = nearest(inputs)
        quantize = tf.gather(codebook, encoding_indices)
        quantize = inputs + tf.stop_gradient(quantize - inputs)
        encoding_loss = tf.reduce_mean((tf.stop_gradient(quantize) - inputs) ** 2)
        commit_loss = tf.reduce_mean((quantize - tf.stop_gradient(inputs)) ** 2)
        reconstruction = tf.reduce_mean((quantize @ dec - b["x"]) ** 2)
        return reconstruction + commit_loss + beta * encoding_loss

    return {"variables": [enc, codebook, dec], "batch": batch, "reference": reference, "candidate": candidate}
