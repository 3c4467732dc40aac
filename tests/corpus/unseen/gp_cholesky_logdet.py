"""GP negative log likelihood with sum(log(diag(cholesky(K)))): a reader wanted a factor 0.5 in front; with the Cholesky factor the
0.5 cancels and the code is right. Source: https://github.com/krasserm/bayesian-machine-learning/issues/4"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def kernel(X1, X2, l, sigma_f):
    sqdist = tf.reduce_sum(X1 ** 2, 1)[:, None] + tf.reduce_sum(X2 ** 2, 1)[None] - 2 * tf.matmul(X1, X2, transpose_b=True)
    return sigma_f ** 2 * tf.exp(-0.5 / l ** 2 * sqdist)


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, d = 8, 2
    X = rng.uniform(-3, 3, size=(n, d)).astype("float32")
    Y = (np.sin(X[:, 0]) + 0.3 * X[:, 1] + 0.2 * rng.normal(size=n)).astype("float32")
    log_l = tf.Variable(0.1, dtype=tf.float32)
    log_sf = tf.Variable(0.2, dtype=tf.float32)
    log_noise = tf.Variable(-0.4, dtype=tf.float32)
    mean_w = tf.Variable(rng.normal(scale=0.3, size=(d,)).astype("float32"))

    def covariance(batch):
        K = kernel(batch["X"], batch["X"], tf.exp(log_l), tf.exp(log_sf))
        return K + tf.exp(2.0 * log_noise) * tf.eye(n), batch["Y"] - tf.linalg.matvec(batch["X"], mean_w)

    def reference(batch):
        K, r = covariance(batch)
        _, logdet = tf.linalg.slogdet(K)
        quad = tf.tensordot(r, tf.linalg.solve(K, r[:, None])[:, 0], 1)
        return 0.5 * logdet + 0.5 * quad + 0.5 * n * np.log(2 * np.pi)

    def candidate(batch):
        K, r = covariance(batch)
        L = tf.linalg.cholesky(K)
        S1 = tf.linalg.triangular_solve(L, r[:, None])
        S2 = tf.linalg.triangular_solve(tf.transpose(L), S1, lower=False)
        return (tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
                + 0.5 * tf.tensordot(r, S2[:, 0], 1)
                + 0.5 * n * np.log(2 * np.pi))

    return {"reference": reference, "candidate": candidate, "batch": {"X": X, "Y": Y},
            "variables": [log_l, log_sf, log_noise, mean_w]}
