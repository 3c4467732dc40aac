"""Gumbel softmax: the noise is added to raw logits instead of to log-probabilities.

Source (real): https://github.com/YongfeiYan/Gumbel_Softmax_VAE/issues/3 (PyTorch, ported; asked whether log_softmax is missing).
Right answer: EQUIVALENT; the logarithm of the normalizer is a constant per row and the softmax does not see it.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, latent, cats, tau = 16, 7, 2, 4, 0.7

    enc = tf.Variable(0.6 * arr(d, latent * cats), name="enc_w")
    dec = tf.Variable(0.6 * arr(latent * cats, d), name="dec_w")
    batch = {"x": arr(n, d), "u": rng.uniform(0.05, 0.95, (n, latent, cats)).astype(f)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            prob = tf.nn.softmax(tf.reshape(b["x"][i : i + 1] @ enc, [latent, cats]))
            gumbel = -tf.math.log(-tf.math.log(b["u"][i] + 1e-9) + 1e-9)
            powered = tf.exp((tf.math.log(prob) + gumbel) / tau)
            sample = powered / tf.reduce_sum(powered, axis=1, keepdims=True)
            out = tf.reshape(sample, [1, -1]) @ dec
            total += tf.reduce_sum((out[0] - b["x"][i]) ** 2)
            total += tf.reduce_sum(prob * tf.math.log(prob * cats))
        return total / m

    def candidate(b):
        def sample_gumbel():
            return -tf.math.log(-tf.math.log(b["u"] + 1e-9) + 1e-9)

        def gumbel_softmax_sample(logits, temperature):
            y = logits + sample_gumbel()
            return tf.nn.softmax(y / temperature, axis=-1)

        q = tf.reshape(b["x"] @ enc, [-1, latent, cats])
        z = gumbel_softmax_sample(q, tau)
        recon = tf.reshape(z, [-1, latent * cats]) @ dec
        bce = tf.reduce_sum(tf.square(recon - b["x"]), axis=1)
        qy = tf.nn.softmax(q, axis=-1)
        log_ratio = tf.nn.log_softmax(q, axis=-1) + np.log(cats)
        kld = tf.reduce_sum(qy * log_ratio, axis=[1, 2])
        return tf.reduce_mean(bce + kld)

    return {"variables": [enc, dec], "batch": batch, "reference": reference, "candidate": candidate}
