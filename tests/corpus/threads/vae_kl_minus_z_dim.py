"""VAE: the -1 of every latent unit is taken out of the KL sum and subtracted once, as z_dim.

Source (real): https://github.com/paruby/FactorVAE/issues/1 (TensorFlow; "why do you need to subtract z_dim?").
Right answer: EQUIVALENT; sum_j (exp(s_j) - s_j + m_j^2 - 1) = sum_j (...) - z_dim, in value and gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, z_dim = 18, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc_mean = tf.Variable(0.5 * arr(d, z_dim), name="enc_mean")
    enc_logvar = tf.Variable(0.3 * arr(d, z_dim), name="enc_logvar")
    dec = tf.Variable(0.5 * arr(z_dim, d), name="decoder")
    batch = {"x": arr(n, d), "noise": arr(n, z_dim)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["x"][i : i + 1]
            mean, logvar = (x @ enc_mean)[0], (x @ enc_logvar)[0]
            kl = 0.0
            for j in range(z_dim):
                kl += 0.5 * (tf.exp(logvar[j]) + mean[j] ** 2 - 1.0 - logvar[j])
            z = mean + tf.exp(0.5 * logvar) * b["noise"][i]
            total += kl + tf.reduce_sum(tf.square(x - z[None] @ dec))
        return total / m

    def candidate(b):
        mean, logvar = b["x"] @ enc_mean, b["x"] @ enc_logvar
        kl = 0.5 * tf.reduce_mean(tf.reduce_sum(tf.exp(logvar) - logvar + mean**2, axis=1) - z_dim)
        z = mean + b["noise"] * tf.sqrt(tf.exp(logvar))
        return kl + tf.reduce_mean(tf.reduce_sum(tf.math.squared_difference(b["x"], z @ dec), axis=1))

    return {
        "variables": [enc_mean, enc_logvar, dec],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
