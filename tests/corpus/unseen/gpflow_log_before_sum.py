"""Gaussian log density through the Cholesky factor: the log is taken of the diagonal before the sum and there is no 1/2; somebody
wanted the log after the sum. It is right as it is.
Source: https://github.com/GPflow/GPflow/issues/1680"""
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
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    log_ell = tf.Variable((rng.normal(size=(2,)) * 0.3).astype(f), name="log_ell")
    log_var = tf.Variable(np.asarray(rng.normal() * 0.3, f), name="log_var")
    log_noise = tf.Variable(np.asarray(-0.5 + rng.normal() * 0.2, f), name="log_noise")

    def reference(batch):
        x = batch["x"] / tf.exp(log_ell)
        sq = tf.reduce_sum(tf.square(x[:, None, :] - x[None, :, :]), axis=-1)
        n = x.shape[0]
        cov = tf.exp(log_var) * tf.exp(-0.5 * sq) + tf.exp(log_noise) * tf.eye(n, dtype=f)
        _, logdet = tf.linalg.slogdet(cov)
        fit = tf.tensordot(batch["y"], tf.linalg.solve(cov, batch["y"][:, None])[:, 0], 1)
        return 0.5 * (logdet + fit + n * np.log(2.0 * np.pi))

    def candidate(batch):
        def multivariate_normal(x, mu, L):
            d = x - mu
            alpha = tf.linalg.triangular_solve(L, d, lower=True)
            num_dims = tf.cast(tf.shape(d)[0], L.dtype)
            p = -0.5 * tf.reduce_sum(tf.square(alpha), 0)
            p -= 0.5 * num_dims * np.log(2 * np.pi)
            p -= tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
            return p

        class SquaredExponential:
            def __call__(self, X):
                X = X * tf.exp(-log_ell)
                norms = tf.reduce_sum(X * X, -1)
                dist = norms[:, None] + norms[None, :] - 2 * tf.matmul(X, X, transpose_b=True)
                return tf.exp(log_var - 0.5 * dist)

        K = SquaredExponential()(batch["x"])
        K = tf.linalg.set_diag(K, tf.linalg.diag_part(K) + tf.exp(log_noise))
        Y = tf.reshape(batch["y"], [-1, 1])
        log_prob = multivariate_normal(Y, tf.zeros_like(Y), tf.linalg.cholesky(K))
        return -tf.reduce_sum(log_prob)

    batch = {"x": rng.uniform(-2, 2, (14, 2)).astype(f), "y": rng.normal(size=14).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [log_ell, log_var, log_noise]}
