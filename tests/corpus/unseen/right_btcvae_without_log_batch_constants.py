"""Right: the missing log(batch * dataset) in the density estimates only shifts the beta-TCVAE loss by a constant.

Source (real): https://github.com/YannDubs/disentangling-vae/issues/60
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def log_density_gaussian(x, mu, logvar):
    return -0.5 * (math.log(2 * math.pi) + logvar + (x - mu) ** 2 * tf.exp(-logvar))


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z_dim, n_data = 10, 6, 3, 500
    alpha, beta, gamma = 1.0, 4.0, 1.0
    w_mu = tf.Variable(rng.normal(0, 0.5, (d, z_dim)).astype("float32"), name="enc_mu")
    w_lv = tf.Variable(rng.normal(0, 0.3, (d, z_dim)).astype("float32"), name="enc_logvar")
    w_dec = tf.Variable(rng.normal(0, 0.5, (z_dim, d)).astype("float32"), name="dec")
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32"), "eps": rng.normal(0, 1, (n, z_dim)).astype("float32")}

    def sample(b):
        mu, logvar = b["x"] @ w_mu, b["x"] @ w_lv
        z = mu + tf.exp(0.5 * logvar) * b["eps"]
        rec = tf.reduce_mean(tf.reduce_sum((z @ w_dec - b["x"]) ** 2, axis=1))
        return mu, logvar, z, rec

    def reference(b):
        mu, logvar, z, rec = sample(b)
        log_q_zx = tf.reduce_sum(log_density_gaussian(z, mu, logvar), axis=1)
        log_pz = tf.reduce_sum(log_density_gaussian(z, 0.0, tf.zeros_like(z)), axis=1)
        pairwise = log_density_gaussian(z[:, None], mu[None], logvar[None])
        log_qz = tf.reduce_logsumexp(tf.reduce_sum(pairwise, 2), axis=1) - math.log(n * n_data)
        log_prod_qzi = tf.reduce_sum(tf.reduce_logsumexp(pairwise, axis=1) - math.log(n * n_data), axis=1)
        mi, tc, dwkl = log_q_zx - log_qz, log_qz - log_prod_qzi, log_prod_qzi - log_pz
        return rec + tf.reduce_mean(alpha * mi + beta * tc + gamma * dwkl)

    def candidate(b):
        mu, logvar, z, rec_loss = sample(b)
        log_pz = tf.reduce_sum(log_density_gaussian(z, 0.0, tf.zeros_like(z)), axis=1)
        log_q_zCx = tf.reduce_sum(log_density_gaussian(z, mu, logvar), axis=1)
        mat_log_qz = log_density_gaussian(tf.expand_dims(z, 1), tf.expand_dims(mu, 0), tf.expand_dims(logvar, 0))
        log_qz = tf.reduce_logsumexp(tf.reduce_sum(mat_log_qz, axis=2), axis=1)
        log_prod_qzi = tf.reduce_sum(tf.reduce_logsumexp(mat_log_qz, axis=1), axis=1)
        mi_loss = tf.reduce_mean(log_q_zCx - log_qz)
        tc_loss = tf.reduce_mean(log_qz - log_prod_qzi)
        dw_kl_loss = tf.reduce_mean(log_prod_qzi - log_pz)
        return rec_loss + (alpha * mi_loss + beta * tc_loss + gamma * dw_kl_loss)

    return {"variables": [w_mu, w_lv, w_dec], "batch": batch, "reference": reference, "candidate": candidate}
