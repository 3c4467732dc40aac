"""VQ-VAE: inputs and quantized are flipped in the two terms, so the weight beta falls on the codebook term instead of the
commitment of the encoder. The loss value does not show it.
Source: https://github.com/andylolu2/jax-vqvae-gpt/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "vq_loss = encoding_loss + self.beta * commit_loss",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, pix, dim, codes = 14, 7, 3, 6
    enc = tf.Variable(rng.normal(size=(pix, dim)).astype(f) * 0.5, name="enc")
    book = tf.Variable(rng.normal(size=(codes, dim)).astype(f), name="book")
    dec = tf.Variable(rng.normal(size=(dim, pix)).astype(f) * 0.5, name="dec")
    beta = 0.25

    def reference(batch):
        z_e = tf.matmul(batch["x"], enc)
        dist = tf.reduce_sum(tf.square(z_e[:, None] - book[None]), -1)
        e = tf.gather(book, tf.argmin(dist, axis=1))
        z_q = z_e + tf.stop_gradient(e - z_e)
        rec = tf.reduce_mean(tf.square(tf.matmul(z_q, dec) - batch["x"]))
        codebook = tf.reduce_mean(tf.math.squared_difference(tf.stop_gradient(z_e), e))
        commitment = tf.reduce_mean(tf.math.squared_difference(z_e, tf.stop_gradient(e)))
        return rec + codebook + beta * commitment

    def candidate(batch):
        class VectorQuantizer:
            def __init__(self, beta):
                self.beta = beta

            def __call__(self, inputs):
                distances = (
                    tf.reduce_sum(inputs ** 2, 1, keepdims=True)
                    - 2 * inputs @ tf.transpose(book)
                    + tf.reduce_sum(book ** 2, 1)[None, :])
                one_hot = tf.one_hot(tf.argmin(distances, 1), codes, dtype=f)
                quantize = one_hot @ book
                encoding_loss = tf.reduce_mean((tf.stop_gradient(quantize) - inputs) ** 2)
                commit_loss = tf.reduce_mean((quantize - tf.stop_gradient(inputs)) ** 2)
                vq_loss = encoding_loss + self.beta * commit_loss
                quantize = inputs + tf.stop_gradient(quantize - inputs)
                return quantize, vq_loss

        quantize, vq_loss = VectorQuantizer(beta)(batch["x"] @ enc)
        recon = quantize @ dec
        return tf.reduce_mean((recon - batch["x"]) ** 2) + vq_loss

    return {"reference": reference, "candidate": candidate, "batch": {"x": rng.normal(size=(n, pix)).astype(f)},
            "variables": [enc, book, dec]}
