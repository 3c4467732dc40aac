"""Residual vector quantisation of an audio encoder: the residual is taken from the straight-through output.

Source (real): https://github.com/facebookresearch/encodec/issues/25 (PyTorch, ported; the codebooks are EMA updated, so constants here).
Right answer: NOT equivalent; after the first layer the residual has derivative zero, so the other commitment losses do nothing.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "residual = residual - quantized",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, frames, hop, dim, bins, n_q = 13, 4, 6, 3, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(hop, dim), name="encoder")
    dec = tf.Variable(0.5 * arr(dim, hop), name="decoder")
    books = [tf.constant((0.9 * 0.6**i) * arr(bins, dim)) for i in range(n_q)]
    batch = {"wav": arr(n, frames, hop)}

    def reference(b):
        z = tf.reshape(b["wav"], [-1, hop]) @ enc
        left = z.numpy()
        approx = np.zeros_like(left)
        commit = 0.0
        for book in books:
            table = book.numpy()
            choice = ((left[:, None] - table[None]) ** 2).sum(-1).argmin(-1)
            approx, left = approx + table[choice], left - table[choice]
            commit += tf.reduce_mean(tf.square(z - approx))
        decoded = (z + tf.stop_gradient(approx - z)) @ dec
        rec = tf.reduce_mean(tf.abs(decoded - tf.reshape(b["wav"], [-1, hop])))
        return rec + commit / n_q

    def candidate(b):
        class VectorQuantization:
            def __init__(self, embed):
                self.embed = embed

            def __call__(self, x):
                dist = -(
                    tf.reduce_sum(tf.square(x), -1, keepdims=True)
                    - 2 * tf.einsum("btd,kd->btk", x, self.embed)
                    + tf.reduce_sum(tf.square(self.embed), -1)
                )
                quantize = tf.gather(self.embed, tf.argmax(dist, axis=-1))
                commit_loss = tf.reduce_mean(tf.square(tf.stop_gradient(quantize) - x))
                quantize = x + tf.stop_gradient(quantize - x)
                return quantize, commit_loss

        layers = [VectorQuantization(e) for e in books]
        x = b["wav"] @ enc
        quantized_out, residual, all_losses = 0.0, x, []
        for layer in layers:
            quantized, loss = layer(residual)
            residual = residual - quantized
            quantized_out = quantized_out + quantized
            all_losses.append(loss)
        quantized_out = x + tf.stop_gradient(quantized_out - x)
        rec = tf.reduce_mean(tf.abs(quantized_out @ dec - b["wav"]))
        return rec + tf.reduce_mean(tf.stack(all_losses))

    return {"variables": [enc, dec], "batch": batch, "reference": reference, "candidate": candidate}
