"""VAE: the KL term is averaged over the latent units while the reconstruction is summed over the inputs.

Source (real): https://github.com/keras-team/keras-io/issues/270 (Keras example) and
https://github.com/maxhodak/keras-molecules/issues/59, https://github.com/mkusner/grammarVAE/issues/2.
Right answer: NOT equivalent; the KL is too weak by the latent dimension. The decoder's gradient is not affected.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "kl_loss = -0.5 * tf.reduce_mean(kl_loss)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, latent = 22, 7, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mean_layer = keras.layers.Dense(latent, name="z_mean", dtype=f)
    logvar_layer = keras.layers.Dense(latent, name="z_log_var", dtype=f)
    decoder = keras.layers.Dense(d, name="decoder", dtype=f)
    for layer, width in ((mean_layer, d), (logvar_layer, d), (decoder, latent)):
        layer.build((None, width))
        layer.set_weights([0.5 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": arr(n, d), "eps": arr(n, latent)}

    def encode(x, eps):
        z_mean, z_log_var = mean_layer(x), logvar_layer(x)
        return z_mean, z_log_var, z_mean + tf.exp(0.5 * z_log_var) * eps

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i : i + 1]
            z_mean, z_log_var, z = encode(x, b["eps"][i : i + 1])
            total += tf.reduce_sum(tf.square(x - decoder(z)))
            total -= 0.5 * tf.reduce_sum(1.0 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
        return total / m

    def candidate(b):
        z_mean, z_log_var, z = encode(b["x"], b["eps"])
        reconstruction_loss = tf.reduce_mean(tf.reduce_sum(tf.square(b["x"] - decoder(z)), axis=1))
        kl_loss = 1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var)
        kl_loss = -0.5 * tf.reduce_mean(kl_loss)
        return reconstruction_loss + kl_loss

    return {
        "variables": mean_layer.trainable_variables + logvar_layer.trainable_variables + decoder.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
