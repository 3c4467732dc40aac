"""VQ tokenizer: the commitment cost multiplies the codebook loss instead of the commitment loss.

Source (real): https://github.com/bytedance/1d-tokenizer/pull/120
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'vq = pull_encoder + commitment_cost * pull_codes',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, tokens, dx, dz, kk, commitment_cost = 8, 4, 6, 3, 7, 0.25
    to_latent = tf.keras.layers.Dense(dz, dtype="float64")
    to_pixels = tf.keras.layers.Dense(dx, dtype="float64")
    to_latent.build((None, tokens, dx)), to_pixels.build((None, tokens, dz))
    for v in to_latent.trainable_variables + to_pixels.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))
    codebook = tf.Variable(rng.normal(0, 1, (kk, dz)), name="codebook")
    batch = {"patches": rng.normal(size=(n, tokens, dx))}

    def quantize(z):
        flat = tf.math.l2_normalize(tf.reshape(z, [-1, dz]), -1)
        book = tf.math.l2_normalize(codebook, -1)
        ids = tf.argmax(flat @ tf.transpose(book), axis=1)
        return tf.reshape(flat, tf.shape(z)), tf.reshape(tf.gather(book, ids), tf.shape(z))

    def reference(b):
        h, z_q = quantize(to_latent(b["patches"]))
        loss = commitment_cost * tf.reduce_mean((tf.stop_gradient(z_q) - h) ** 2)
        loss += tf.reduce_mean((z_q - tf.stop_gradient(h)) ** 2)
        rec = to_pixels(h + tf.stop_gradient(z_q - h))
        return loss + tf.reduce_mean(tf.abs(rec - b["patches"]))

    def candidate(b):
        h, z_q = quantize(to_latent(b["patches"]))
        pull_encoder = tf.reduce_mean((tf.stop_gradient(z_q) - h) ** 2)
        pull_codes = tf.reduce_mean((z_q - tf.stop_gradient(h)) ** 2)
        vq = pull_encoder + commitment_cost * pull_codes
        rec = to_pixels(h + tf.stop_gradient(z_q - h))
        return vq + tf.reduce_mean(tf.abs(rec - b["patches"]))

    variables = to_latent.trainable_variables + to_pixels.trainable_variables + [codebook]
    return {"variables": variables, "batch": batch, "reference": reference, "candidate": candidate}
