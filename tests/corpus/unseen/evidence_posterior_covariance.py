"""Evidence optimisation of a receptive field: the quadratic term uses the posterior covariance, it needs the inverse.

Source (real): https://github.com/berenslab/RFEst/issues/31 (JAX, ported; the misprint is in the paper it cites).
Right answer: NOT equivalent to -2 log N(y; 0, X C X' + sigma^2 I).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "t2 = -tf.tensordot(m_post, tf.linalg.matvec(C_post, m_post), 1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, taps = 40, 7

    log_sigma = tf.Variable(np.asarray(-0.2, f), name="log_sigma")
    rho = tf.Variable(np.asarray(0.3, f), name="rho")
    log_delta = tf.Variable(np.asarray(0.4, f), name="log_delta")
    X = rng.standard_normal((n, taps))
    w_true = np.exp(-0.5 * (np.arange(taps) - 3.0) ** 2 / 1.5)
    y = X @ w_true + 0.5 * rng.standard_normal(n)
    batch = {"X": X.astype(f), "y": y.astype(f)}

    dist = ((np.arange(taps)[:, None] - np.arange(taps)[None]) ** 2).astype(f)

    def asd_kernel():
        C = tf.exp(-rho - dist / (2.0 * tf.exp(2.0 * log_delta)))
        return C + 1e-3 * tf.eye(taps, dtype=C.dtype)

    def reference(b):
        # the marginal likelihood of y itself
        size = b["y"].shape[0]
        cov = b["X"] @ asd_kernel() @ tf.transpose(b["X"])
        cov += tf.exp(2.0 * log_sigma) * tf.eye(size, dtype=cov.dtype)
        chol = tf.linalg.cholesky(cov)
        white = tf.linalg.triangular_solve(chol, b["y"][:, None])
        log_det = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(chol)))
        return 0.5 * (size * np.log(2 * np.pi) + log_det + tf.reduce_sum(tf.square(white)))

    def candidate(b):
        sigma = tf.exp(log_sigma)
        XtX = tf.matmul(b["X"], b["X"], transpose_a=True)
        XtY = tf.linalg.matvec(b["X"], b["y"], transpose_a=True)
        YtY = tf.reduce_sum(tf.square(b["y"]))
        size = b["y"].shape[0]

        C_prior = asd_kernel()
        C_post_inv = XtX / sigma**2 + tf.linalg.inv(C_prior)
        C_post = tf.linalg.inv(C_post_inv)
        m_post = tf.linalg.matvec(C_post, XtY) / sigma**2

        t0 = size * tf.math.log(2.0 * np.pi * sigma**2)
        t1 = tf.linalg.slogdet(C_prior @ C_post_inv)[1]
        t2 = -tf.tensordot(m_post, tf.linalg.matvec(C_post, m_post), 1)
        t3 = YtY / sigma**2
        return 0.5 * (t0 + t1 + t2 + t3)

    return {"variables": [log_sigma, rho, log_delta], "batch": batch, "reference": reference, "candidate": candidate}
