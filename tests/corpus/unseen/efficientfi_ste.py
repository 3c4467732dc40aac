"""EfficientFi quantiser: the straight-through line has no detach, so the decoder sees the plain code vectors and
the encoder gets no reconstruction gradient while the codebook does.
Source: https://github.com/NTU-AIoT-Lab/EfficientFi/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'quantized = inputs + (quantized - inputs)',
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()
    n, d_in, d, k = 6, 5, 3, 4
    enc = tf.Variable(rng.normal(size=(d_in, d)).astype(F), name="enc")
    book = tf.Variable(rng.normal(size=(k, d)).astype(F), name="codebook")
    dec = tf.Variable(rng.normal(size=(d, d_in)).astype(F), name="dec")

    def reference(batch):
        z = batch["csi"] @ enc
        dist = tf.reduce_sum((z[:, None, :] - book[None]) ** 2, -1)
        idx = tf.argmin(dist, axis=1)
        zq = tf.gather(book, idx)
        vq = tf.reduce_mean((zq - tf.stop_gradient(z)) ** 2) + 0.25 * tf.reduce_mean((tf.stop_gradient(zq) - z) ** 2)
        st = z + tf.stop_gradient(zq - z)
        return tf.reduce_mean((st @ dec - batch["csi"]) ** 2) + vq

    def candidate(batch):
        inputs = tf.matmul(batch["csi"], enc)
        distances = (tf.reduce_sum(inputs ** 2, axis=1, keepdims=True)
                     + tf.reduce_sum(book ** 2, axis=1)
                     - 2 * tf.matmul(inputs, book, transpose_b=True))
        encodings = tf.one_hot(tf.argmin(distances, axis=1), k, dtype=F)
        quantized = tf.matmul(encodings, book)
        e_latent_loss = tf.reduce_mean(tf.square(tf.stop_gradient(quantized) - inputs))
        q_latent_loss = tf.reduce_mean(tf.square(quantized - tf.stop_gradient(inputs)))
        loss = q_latent_loss + 0.25 * e_latent_loss
        quantized = inputs + (quantized - inputs)
        recon = tf.matmul(quantized, dec)
        return tf.reduce_mean(tf.square(recon - batch["csi"])) + loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"csi": rng.normal(size=(n, d_in)).astype(F)}, "variables": [enc, book, dec]}
