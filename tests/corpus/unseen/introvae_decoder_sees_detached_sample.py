"""IntroVAE, update of the decoder: the sample is detached before it goes through the encoder, so the adversarial term gives it nothing.

Source (real): https://github.com/dragen1860/IntroVAE-Pytorch/issues/3 (model.py, PyTorch, ported).
Right answer: NOT equivalent. The value is the same; without the detach the KL terms of the re-encoded samples reach the decoder.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "mupp, logvarpp = encoder(tf.stop_gradient(xp))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, x_dim, z_dim = 21, 6, 3
    alpha, beta = 0.6, 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc_w = tf.constant(0.5 * arr(x_dim, 2 * z_dim))
    dec_w = tf.Variable(0.6 * arr(z_dim, x_dim), name="decoder_w")
    dec_b = tf.Variable(0.2 * arr(x_dim), name="decoder_b")
    batch = {"x": arr(n, x_dim), "eps": arr(n, z_dim), "zp": arr(n, z_dim)}

    def encoder(x):
        return tf.split(x @ enc_w, 2, axis=-1)

    def decoder(z):
        return tf.tanh(z @ dec_w + dec_b)

    def reference(b):
        m = b["x"].shape[0]
        def kl_of_code(image):
            code = tf.linalg.matvec(enc_w, image, transpose_a=True)
            mean, log_variance = code[:z_dim], code[z_dim:]
            return 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1.0 - log_variance)

        ae, adversarial = [], []
        for x, e, zp in zip(*(tf.unstack(b[k]) for k in ("x", "eps", "zp"))):
            code = tf.linalg.matvec(enc_w, x, transpose_a=True)
            z = code[:z_dim] + tf.exp(0.5 * code[z_dim:]) * e
            rec, fake = (tf.tanh(tf.linalg.matvec(dec_w, v, transpose_a=True) + dec_b) for v in (z, zp))
            ae.append(tf.reduce_sum((x - rec) ** 2))
            adversarial.append(kl_of_code(rec) + kl_of_code(fake))
        return beta * tf.add_n(ae) / m + alpha * tf.add_n(adversarial) / m

    def candidate(b):
        def kld(mu, logvar):
            return tf.reduce_mean(-0.5 * tf.reduce_sum(1 + logvar - tf.square(mu) - tf.exp(logvar), axis=1))

        mu, logvar = encoder(b["x"])
        z = mu + tf.exp(0.5 * logvar) * b["eps"]
        xr, xp = decoder(z), decoder(b["zp"])
        loss_ae = tf.reduce_mean(tf.reduce_sum(tf.square(b["x"] - xr), axis=1))
        mur, logvarr = encoder(xr)
        mupp, logvarpp = encoder(tf.stop_gradient(xp))
        loss_adv = kld(mur, logvarr) + kld(mupp, logvarpp)
        return alpha * loss_adv + beta * loss_ae

    return {"variables": [dec_w, dec_b], "batch": batch, "reference": reference, "candidate": candidate}
