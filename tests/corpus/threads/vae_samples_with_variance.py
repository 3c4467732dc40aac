"""VAE: the encoder's output is the log-variance (the KL says so), but the sample uses exp(z_log_var) as deviation.

Source (real): https://github.com/keras-team/keras/pull/9972 (Keras example; "they are sampling with the std, not the
var"), https://github.com/rishikksh20/vae_tacotron2/issues/3, https://github.com/rachtsingh/ibp_vae/issues/3.
Right answer: NOT equivalent; a factor 0.5 is missing in the exponent.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'z = z_mean + tf.exp(z_log_var) * b["eps"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, latent = 23, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = keras.layers.Dense(2 * latent, name="encoder", dtype=f)
    dec = keras.layers.Dense(d, name="decoder", dtype=f)
    enc.build((None, d))
    dec.build((None, latent))
    for layer in (enc, dec):
        layer.set_weights([0.35 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": arr(n, d), "eps": arr(n, latent)}

    def encode(b):
        return tf.split(enc(b["x"]), 2, axis=1)

    def elbo(b, z_mean, z_log_var, z):
        kl = -0.5 * tf.reduce_sum(1.0 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var), axis=1)
        return tf.reduce_mean(tf.reduce_sum(tf.square(dec(z) - b["x"]), axis=1) + kl)

    def reference(b):
        z_mean, z_log_var = encode(b)
        z = z_mean + tf.exp(0.5 * z_log_var) * b["eps"]
        return elbo(b, z_mean, z_log_var, z)

    def candidate(b):
        z_mean, z_log_var = encode(b)
        z = z_mean + tf.exp(z_log_var) * b["eps"]
        return elbo(b, z_mean, z_log_var, z)

    return {
        "variables": enc.trainable_variables + dec.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
