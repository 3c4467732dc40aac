"""The Mahalanobis term of the KL divergence takes the variational covariance A_hat where the mean mu_hat belongs.

Source (real): https://github.com/ratschlab/SVGP-VAE/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'maha = tf.reduce_sum(A_hat * tf.linalg.matvec(K_inv, A_hat))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, M, d = 10, 4, 3
    w_mu, w_lv, w_dec = var("w_mu", d, M), var("w_raw", M, M, scale=0.4), var("w_dec", M, d)
    ip = np.linspace(0, 3, M)
    K_mm = (np.exp(-0.5 * (ip[:, None] - ip[None]) ** 2) + 0.3 * np.eye(M)).astype("float32")
    batch = {"video": arr(n, d)}

    def moments(b):
        mu_hat = tf.reduce_mean(tf.tanh(b["video"] @ w_mu), axis=0)
        return mu_hat, w_lv @ tf.transpose(w_lv) + 0.5 * tf.eye(M)

    def recon(mu_hat, b):
        gate = tf.tanh(b["video"] @ w_mu) * mu_hat
        return tf.reduce_mean(tf.square(b["video"] - gate @ w_dec))

    def reference(b):
        mu_hat, S = moments(b)
        K = tf.constant(K_mm)
        quad = tf.tensordot(mu_hat, tf.linalg.solve(K, mu_hat[:, None])[:, 0], 1)
        kl = 0.5 * (tf.linalg.logdet(K) - tf.linalg.logdet(S) - M + tf.linalg.trace(tf.linalg.solve(K, S)) + quad)
        return recon(mu_hat, b) + 0.2 * kl

    def candidate(b):
        mu_hat, A_hat = moments(b)
        K_inv = tf.linalg.inv(tf.constant(K_mm))
        K_log_det = 2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tf.linalg.cholesky(K_mm))))
        S_log_det = 2 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tf.linalg.cholesky(A_hat))))
        maha = tf.reduce_sum(A_hat * tf.linalg.matvec(K_inv, A_hat))
        kl = 0.5 * (K_log_det - S_log_det - M + tf.linalg.trace(K_inv @ A_hat) + maha)
        return recon(mu_hat, b) + 0.2 * kl

    return {"variables": [w_mu, w_lv, w_dec], "batch": batch, "reference": reference, "candidate": candidate}
