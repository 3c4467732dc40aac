"""VAE of the Flux model zoo: the KL term adds the square of log sigma where it should subtract twice log sigma.

Source (real): https://github.com/FluxML/model-zoo/pull/147 (`kl_q_p` in vae.jl, Julia, ported; merged).
Right answer: NOT equivalent; the KL has no barrier against a vanishing sigma and penalises its logarithm symmetrically.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return 0.5 * tf.reduce_sum(tf.exp(2.0 * log_sigma) + mu**2 - 1.0 + log_sigma**2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pixels, hid, dz = 16, 9, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(pixels, hid), name="encoder_w")
    wmu = tf.Variable(0.6 * arr(hid, dz), name="mu_w")
    wls = tf.Variable(0.4 * arr(hid, dz), name="log_sigma_w")
    dec = tf.Variable(0.5 * arr(dz, pixels), name="decoder_w")
    batch = {"x": (rng.random((n, pixels)) < 0.5).astype(f), "eps": arr(n, dz)}

    def reference(b):
        hidden = tf.tanh(b["x"] @ enc)
        mean, variance = hidden @ wmu, tf.square(tf.exp(hidden @ wls))
        z = mean + tf.sqrt(variance) * b["eps"]
        bce = keras.losses.binary_crossentropy(b["x"], z @ dec, from_logits=True) * pixels
        kl = 0.5 * (tf.reduce_sum(variance, 1) + tf.reduce_sum(mean**2, 1) - dz - tf.math.log(tf.reduce_prod(variance, 1)))
        return tf.reduce_mean(bce + kl)

    def candidate(b):
        def g(x):
            h = tf.tanh(x @ enc)
            return h @ wmu, h @ wls

        def sample_z(mu, log_sigma):
            return mu + tf.exp(log_sigma) * b["eps"]

        def kl_q_p(mu, log_sigma):
            return 0.5 * tf.reduce_sum(tf.exp(2.0 * log_sigma) + mu**2 - 1.0 + log_sigma**2)

        def logp_x_z(x, z):
            return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=z @ dec))

        def l_bar(x):
            mu, log_sigma = g(x)
            m = tf.cast(tf.shape(x)[0], x.dtype)
            return (logp_x_z(x, sample_z(mu, log_sigma)) - kl_q_p(mu, log_sigma)) / m

        return -l_bar(b["x"])

    return {"variables": [enc, wmu, wls, dec], "batch": batch, "reference": reference, "candidate": candidate}
