"""VAE on pixels: original_dim * binary_crossentropy (a mean over pixels) plus a KL that is summed.

Source (real): https://github.com/keras-team/keras/issues/6015 ("should it be a mean or a sum?"; the factor
original_dim undoes the mean inside binary_crossentropy).
Right answer: EQUIVALENT to summing both terms per sample.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, original_dim, latent = 19, 9, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = keras.layers.Dense(2 * latent, name="encoder", dtype=f)
    dec = keras.layers.Dense(original_dim, name="decoder", dtype=f)
    enc.build((None, original_dim))
    dec.build((None, latent))
    for layer in (enc, dec):
        layer.set_weights([0.4 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": (rng.random((n, original_dim)) < 0.5).astype(f), "eps": arr(n, latent)}

    def decode(b):
        mean, log_var = tf.split(enc(b["x"]), 2, axis=1)
        return dec(mean + tf.exp(0.5 * log_var) * b["eps"]), mean, log_var

    def reference(b):
        logits, mean, log_var = decode(b)
        xent = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=logits)
        kl = -0.5 * (1.0 + log_var - tf.square(mean) - tf.exp(log_var))
        return (tf.reduce_sum(xent) + tf.reduce_sum(kl)) / b["x"].shape[0]

    def candidate(b):
        logits, mean, log_var = decode(b)
        xent_loss = original_dim * keras.losses.binary_crossentropy(b["x"], logits, from_logits=True)
        kl_loss = -0.5 * keras.ops.sum(1 + log_var - keras.ops.square(mean) - keras.ops.exp(log_var), axis=-1)
        return keras.ops.mean(xent_loss + kl_loss)

    return {
        "variables": enc.trainable_variables + dec.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
