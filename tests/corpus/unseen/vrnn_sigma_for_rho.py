"""VRNN: the call of the loss passes the decoder's sigma in the place of its pen probability rho.

Source (real): https://github.com/phreeza/tensorflow-vrnn/issues/4 (TensorFlow 1, ported).
Right answer: NOT equivalent; rho is not trained and sigma gets a strange extra term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'loss = get_lossfunc(enc_mu, enc_sigma, dec_mu, dec_sigma, dec_sigma, prior_mu, prior_sigma)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z, c = 15, 4, 2, 3

    w_enc = tf.Variable(0.5 * arr(d + c, 2 * z), name="enc_w")
    w_dec = tf.Variable(0.5 * arr(z + c, 2 * d + 1), name="dec_w")
    w_prior = tf.Variable(0.5 * arr(c, 2 * z), name="prior_w")
    batch = {"x": 0.5 * arr(n, d), "h": arr(n, c), "eps": arr(n, z), "pen": rng.integers(0, 2, (n, 1)).astype(f)}

    def squash(v):
        return 0.6 + 0.35 * tf.sigmoid(v)

    def reference(b):
        pr = b["h"] @ w_prior
        en = tf.concat([b["x"], b["h"]], 1) @ w_enc
        p_mu, p_s, e_mu, e_s = pr[:, :z], squash(pr[:, z:]), en[:, :z], squash(en[:, z:])
        de = tf.concat([e_mu + e_s * b["eps"], b["h"]], 1) @ w_dec
        d_mu, d_s, pen_logit = de[:, :d], squash(de[:, d : 2 * d]), de[:, 2 * d :]
        nll = 0.5 * tf.reduce_sum(((b["x"] - d_mu) / d_s) ** 2 + tf.math.log(2 * np.pi * d_s**2), 1)
        nll += tf.nn.sigmoid_cross_entropy_with_logits(labels=b["pen"], logits=pen_logit)[:, 0]
        ratio = e_s / p_s
        kl = tf.reduce_sum(0.5 * (ratio**2 + ((e_mu - p_mu) / p_s) ** 2 - 1.0) - tf.math.log(ratio), 1)
        return tf.reduce_mean(nll + kl)

    def candidate(b):
        def tf_normal(y, mu, s, rho):
            ss = tf.maximum(tf.cast(1e-10, f), tf.square(s))
            z_score = tf.square(y - mu) / ss
            gauss = tf.reduce_sum(z_score + tf.math.log(2 * np.pi * ss), 1) / 2
            pen = tf.math.log(rho) * b["pen"] + tf.math.log(1 - rho) * (1 - b["pen"])
            return gauss - tf.reduce_mean(pen, 1)

        def tf_kl_gaussgauss(mu_1, sigma_1, mu_2, sigma_2):
            inner = 2 * tf.math.log(sigma_2) - 2 * tf.math.log(sigma_1)
            inner += (tf.square(sigma_1) + tf.square(mu_1 - mu_2)) / tf.square(sigma_2) - 1
            return tf.reduce_sum(0.5 * inner, 1)

        def get_lossfunc(enc_mu, enc_sigma, dec_mu, dec_sigma, dec_rho, prior_mu, prior_sigma):
            kl_loss = tf_kl_gaussgauss(enc_mu, enc_sigma, prior_mu, prior_sigma)
            likelihood_loss = tf_normal(b["x"], dec_mu, dec_sigma, dec_rho)
            return tf.reduce_mean(kl_loss + likelihood_loss)

        prior_mu, prior_sigma = tf.split(b["h"] @ w_prior, 2, axis=1)
        enc_mu, enc_sigma = tf.split(tf.concat([b["x"], b["h"]], 1) @ w_enc, 2, axis=1)
        prior_sigma, enc_sigma = squash(prior_sigma), squash(enc_sigma)
        latent = enc_mu + enc_sigma * b["eps"]
        dec_mu, dec_sigma, dec_rho = tf.split(tf.concat([latent, b["h"]], 1) @ w_dec, [d, d, 1], axis=1)
        dec_sigma, dec_rho = squash(dec_sigma), tf.sigmoid(dec_rho)
        loss = get_lossfunc(enc_mu, enc_sigma, dec_mu, dec_sigma, dec_sigma, prior_mu, prior_sigma)
        return loss

    return {"variables": [w_enc, w_dec, w_prior], "batch": batch, "reference": reference, "candidate": candidate}
