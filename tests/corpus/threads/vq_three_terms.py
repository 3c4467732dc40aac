"""VQ-VAE: reconstruction through the straight-through estimator, codebook term and commitment term.

Source (real): https://github.com/karpathy/deep-vector-quantization/issues/2 (which of the two terms carries beta?) and
https://github.com/google-deepmind/sonnet/issues/252 (TensorFlow; does the argmin stop the gradient?).
Right answer: EQUIVALENT; the argmin and four stop_gradients are all part of the method.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_BETA = 0.25


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, codes = 21, 6, 3, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.6 * arr(d, emb), name="encoder")
    dec = tf.Variable(0.6 * arr(emb, d), name="decoder")
    codebook = tf.Variable(0.9 * arr(codes, emb), name="codebook")
    batch = {"x": arr(n, d)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            z = (b["x"][i : i + 1] @ enc)[0]
            e = codebook[int(tf.argmin(tf.reduce_sum(tf.square(codebook - z), axis=1)))]
            out = (z + tf.stop_gradient(e - z))[None] @ dec
            total += tf.reduce_sum(tf.square(out[0] - b["x"][i])) / d
            total += tf.reduce_sum(tf.square(e - tf.stop_gradient(z))) / emb
            total += _BETA * tf.reduce_sum(tf.square(z - tf.stop_gradient(e))) / emb
        return total / m

    def candidate(b):
        inputs = b["x"] @ enc
        distances = (
            tf.reduce_sum(inputs**2, 1, keepdims=True)
            - 2 * tf.matmul(inputs, codebook, transpose_b=True)
            + tf.reduce_sum(codebook**2, 1)
        )
        index = tf.argmin(distances, axis=1)
        quantized = tf.one_hot(index, codes, dtype=inputs.dtype) @ codebook
        e_latent = tf.reduce_mean((tf.stop_gradient(quantized) - inputs) ** 2)
        q_latent = tf.reduce_mean((quantized - tf.stop_gradient(inputs)) ** 2)
        quantized = inputs + tf.stop_gradient(quantized - inputs)
        return tf.reduce_mean((quantized @ dec - b["x"]) ** 2) + q_latent + _BETA * e_latent

    return {"variables": [enc, dec, codebook], "batch": batch, "reference": reference, "candidate": candidate}
