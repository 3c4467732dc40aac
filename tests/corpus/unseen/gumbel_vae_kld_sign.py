"""Gumbel-softmax VAE: the categorical KL divergence carries a superfluous minus, so it is maximised.

Source (real): https://github.com/dev4488/VAE_gumble_softmax/issues/1 (PyTorch, ported; the owner agreed and edited it).
Right answer: NOT equivalent; the reconstruction part is right, the KL part pushes q(y|x) away from uniform.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "KLD = -tf.reduce_sum(qy * (log_qy - g))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dx, latent_dim, categorical_dim = 16, 9, 3, 4
    temp = 0.8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.5 * arr(dx, latent_dim * categorical_dim), name="enc")
    dec = tf.Variable(0.5 * arr(latent_dim * categorical_dim, dx), name="dec")
    u = rng.uniform(0.05, 0.95, (n, latent_dim, categorical_dim))
    batch = {
        "x": (rng.random((n, dx)) > 0.5).astype(f),
        "gumbel": (-np.log(-np.log(u))).astype(f),
    }

    def sample(q, gumbel):
        return tf.nn.softmax((q + gumbel) / temp, axis=-1)

    def reference(b):
        q = tf.reshape(b["x"] @ enc, [-1, latent_dim, categorical_dim])
        z = tf.reshape(sample(q, b["gumbel"]), [-1, latent_dim * categorical_dim])
        recon = z @ dec
        # -ELBO = -log p(x|z) + sum_k q_k (log q_k - log 1/K)
        nll = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["x"], logits=recon), axis=1)
        logp = tf.nn.log_softmax(q, axis=-1)
        entropy = -tf.reduce_sum(tf.exp(logp) * logp, axis=[1, 2])
        kl = latent_dim * np.log(categorical_dim) - entropy
        return tf.reduce_mean(nll + kl)

    def candidate(b):
        def loss_function(recon_x, x, qy):
            BCE = tf.reduce_sum(-x * tf.math.log(recon_x) - (1.0 - x) * tf.math.log(1.0 - recon_x))
            log_qy = tf.math.log(qy + 1e-10)
            g = float(np.log(1.0 / categorical_dim))
            KLD = -tf.reduce_sum(qy * (log_qy - g))
            return BCE + KLD

        q = tf.reshape(b["x"] @ enc, [-1, latent_dim, categorical_dim])
        qy = tf.nn.softmax(q, axis=-1)
        z = tf.reshape(sample(q, b["gumbel"]), [-1, latent_dim * categorical_dim])
        recon = tf.sigmoid(z @ dec)
        return loss_function(recon, b["x"], qy) / b["x"].shape[0]

    return {"variables": [enc, dec], "batch": batch, "reference": reference, "candidate": candidate}
