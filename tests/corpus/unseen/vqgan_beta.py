"""VQGAN in CodeFormer: beta weighs the codebook term, where it should weigh the commitment term.
Source: https://github.com/sczhou/CodeFormer/issues/427"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, K, beta = 6, 8, 4, 5, 0.25
    enc = keras.layers.Dense(e, name="enc")
    dec = keras.layers.Dense(d, name="dec")
    enc.build((n, d))
    dec.build((n, e))
    code = tf.Variable(rng.normal(size=(K, e)).astype(fx), name="codebook")

    def reference(batch):
        x = batch["x"]
        z = enc(x)
        dists = tf.reduce_sum((z[:, None, :] - code[None]) ** 2, axis=-1)
        picked = tf.gather(code, tf.argmin(dists, axis=1))
        codebook_term = tf.reduce_mean(tf.square(picked - tf.stop_gradient(z)))
        commitment = tf.reduce_mean(tf.square(z - tf.stop_gradient(picked)))
        rec = tf.reduce_mean(tf.abs(dec(z + tf.stop_gradient(picked - z)) - x))
        return rec + codebook_term + beta * commitment

    def candidate(batch):
        def quantize(z):
            d2 = (tf.reduce_sum(z ** 2, axis=1, keepdims=True) + tf.reduce_sum(code ** 2, axis=1)
                  - 2 * tf.matmul(z, code, transpose_b=True))
            min_encoding_indices = tf.argmin(d2, axis=1)
            min_encodings = tf.one_hot(min_encoding_indices, K, dtype=z.dtype)
            z_q = tf.matmul(min_encodings, code)
            loss = tf.reduce_mean((tf.stop_gradient(z_q) - z) ** 2) + beta * tf.reduce_mean((z_q - tf.stop_gradient(z)) ** 2)
            z_q = z + tf.stop_gradient(z_q - z)
            return z_q, loss

        quant, codebook_loss = quantize(enc(batch["x"]))
        xrec = dec(quant)
        l_rec = tf.reduce_mean(tf.abs(batch["x"] - xrec))
        return l_rec + codebook_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx)},
            "variables": enc.trainable_variables + dec.trainable_variables + [code]}
