"""The codebook loss is taken after the straight-through patch, so it moves the encoder and not the codebook.

Source (real): https://github.com/andylolu2/jax-vqvae-gpt/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "quantize = inputs + tf.stop_gradient(quantize - inputs)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, e = 14, 6, 9, 4
    enc = tf.Variable(rng.normal(0, 0.5, (d, e)).astype("float32"), name="encoder")
    codebook = tf.Variable(rng.normal(0, 0.8, (k, e)).astype("float32"), name="codebook")
    dec = tf.Variable(rng.normal(0, 0.5, (e, d)).astype("float32"), name="decoder")
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32")}

    def lookup(inputs):
        dist = (tf.reduce_sum(inputs ** 2, 1, keepdims=True) - 2.0 * inputs @ tf.transpose(codebook)
                + tf.reduce_sum(codebook ** 2, 1)[None])
        return tf.gather(codebook, tf.argmin(dist, axis=1))

    def mse(a, b):
        return tf.reduce_mean(tf.square(a - b))

    def reference(b):
        inputs = tf.nn.tanh(b["x"] @ enc)
        quantize = lookup(inputs)
        encoding_loss = mse(tf.stop_gradient(quantize), inputs)
        commit_loss = mse(quantize, tf.stop_gradient(inputs))
        patched = inputs + tf.stop_gradient(quantize - inputs)
        recon = mse(patched @ dec, b["x"])
        return recon + commit_loss + 0.25 * encoding_loss

    def candidate(b):
        inputs = tf.nn.tanh(b["x"] @ enc)
        quantize = lookup(inputs)
        quantize = inputs + tf.stop_gradient(quantize - inputs)
        encoding_loss = mse(tf.stop_gradient(quantize), inputs)
        commit_loss = mse(quantize, tf.stop_gradient(inputs))
        recon = mse(quantize @ dec, b["x"])
        return recon + commit_loss + 0.25 * encoding_loss

    return {"variables": [enc, codebook, dec], "batch": batch, "reference": reference, "candidate": candidate}
