"""World-models VAE samples with exp(logsigma) and not exp(logsigma/2); the KL treats it as log std as well, so it is consistent.
Source: https://github.com/ctallec/world-models/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, z = 5, 6, 3
    w_mu = tf.Variable(rng.normal(size=(d, z), scale=0.5).astype(fx), name="fc_mu")
    w_ls = tf.Variable(rng.normal(size=(d, z), scale=0.3).astype(fx), name="fc_logsigma")
    w_d = tf.Variable(rng.normal(size=(z, d), scale=0.5).astype(fx), name="decoder")

    def reference(batch):
        mu = tf.matmul(batch["x"], w_mu)
        log_var = 2.0 * tf.matmul(batch["x"], w_ls)
        sample = mu + tf.sqrt(tf.exp(log_var)) * batch["eps"]
        rec = tf.sigmoid(tf.matmul(sample, w_d))
        kl = 0.5 * (mu ** 2 + tf.exp(log_var) - log_var - 1.0)
        return tf.reduce_sum(tf.square(rec - batch["x"])) + tf.reduce_sum(kl)

    def candidate(batch):
        mu, logsigma = tf.matmul(batch["x"], w_mu), tf.matmul(batch["x"], w_ls)
        sigma = tf.exp(logsigma)
        latent = batch["eps"] * sigma + mu
        recon_x = tf.sigmoid(tf.matmul(latent, w_d))
        bce = tf.reduce_sum((recon_x - batch["x"]) ** 2)
        kld = -0.5 * tf.reduce_sum(1 + 2 * logsigma - tf.pow(mu, 2) - tf.exp(2 * logsigma))
        return bce + kld

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.uniform(size=(b, d)).astype(fx), "eps": rng.normal(size=(b, z)).astype(fx)},
            "variables": [w_mu, w_ls, w_d]}
