"""The prior of the planar flow VAE is evaluated at z0 instead of at the transformed zK.

Source (real): https://github.com/casperkaae/parmesan/pull/21
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'log_pz = log_stdnormal(z0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, z, flows = 12, 7, 3, 3
    enc = tf.Variable(rng.normal(size=(d, 2 * z)).astype("float32") * 0.3, name="encoder")
    dec = tf.Variable(rng.normal(size=(z, d)).astype("float32") * 0.6, name="decoder")
    us = tf.Variable(rng.normal(size=(flows, z)).astype("float32") * 0.4, name="flow_u")
    ws = tf.Variable(rng.normal(size=(flows, z)).astype("float32") * 0.8, name="flow_w")
    bs = tf.Variable(rng.normal(size=(flows,)).astype("float32") * 0.2, name="flow_b")
    batch = {
        "x": (rng.random((n, d)) < 0.5).astype("float32"),
        "eps": rng.normal(size=(n, z)).astype("float32"),
    }
    log2pi = float(np.log(2 * np.pi))

    def log_stdnormal(x):
        return tf.reduce_sum(-0.5 * (tf.square(x) + log2pi), axis=1)

    def log_normal2(x, mu, logvar):
        return tf.reduce_sum(-0.5 * (tf.square(x - mu) * tf.exp(-logvar) + logvar + log2pi), axis=1)

    def planar(x, k):
        wu = tf.reduce_sum(ws[k] * us[k])
        u_hat = us[k] + (tf.math.softplus(wu) - 1.0 - wu) * ws[k] / tf.reduce_sum(tf.square(ws[k]))
        h = tf.tanh(tf.linalg.matvec(x, ws[k]) + bs[k])
        psi_u = (1.0 - tf.square(h)) * tf.reduce_sum(ws[k] * u_hat)
        return x + h[:, None] * u_hat, tf.math.log(1.0 + psi_u)

    def log_likelihood(x, zk):
        return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=zk @ dec), axis=1)

    def reference(b):
        mu, logvar = tf.split(b["x"] @ enc, 2, axis=1)
        first = mu + tf.exp(0.5 * logvar) * b["eps"]
        current, log_q = first, log_normal2(first, mu, logvar)
        for k in range(flows):
            current, logdet = planar(current, k)
            log_q -= logdet
        elbo = log_likelihood(b["x"], current) + log_stdnormal(current) - log_q
        return -tf.reduce_mean(elbo)

    def candidate(b):
        z0_mu, z0_logvar = tf.split(b["x"] @ enc, 2, axis=1)
        z0 = z0_mu + tf.exp(0.5 * z0_logvar) * b["eps"]
        zk, sum_logdet = z0, tf.zeros(n)
        for k in range(flows):
            zk, logdet = planar(zk, k)
            sum_logdet += logdet
        log_qz = log_normal2(z0, z0_mu, z0_logvar) - sum_logdet
        log_pz = log_stdnormal(z0)
        log_px = log_likelihood(b["x"], zk)
        return -tf.reduce_mean(log_px + log_pz - log_qz)

    return {"variables": [enc, dec, us, ws, bs], "batch": batch, "reference": reference, "candidate": candidate}
