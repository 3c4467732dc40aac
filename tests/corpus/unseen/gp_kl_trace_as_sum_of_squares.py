"""Right: the trace of K^-1 S is the sum of all squares of Lp^-1 Lq, not only of its diagonal.

Source (real): https://github.com/GPflow/GPflow/issues/2130
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    n, M = 10, 4
    zs = tf.Variable(np.linspace(-1.5, 1.5, M)[:, None] + 0.1 * rng.normal(size=(M, 1)), name="z")
    q_mu = tf.Variable(rng.normal(size=M), name="q_mu")
    q_raw = tf.Variable(rng.normal(size=(M, M)) * 0.3 + np.eye(M), name="q_sqrt")
    batch = {"x": rng.normal(size=(n, 1)), "y": rng.normal(size=n)}

    def prior():
        return tf.exp(-0.5 * tf.square(zs - tf.transpose(zs))) + 0.1 * tf.eye(M, dtype=tf.float64)

    def data_term(b):
        k = tf.exp(-0.5 * tf.square(b["x"] - tf.transpose(zs)))
        mean = tf.linalg.matvec(k, tf.linalg.solve(prior(), q_mu[:, None])[:, 0])
        return tf.reduce_sum(tf.square(b["y"] - mean)) / 0.5

    def reference(b):
        K = prior()
        Lq = tf.linalg.band_part(q_raw, -1, 0)
        S = tf.matmul(Lq, Lq, transpose_b=True)
        maha = tf.tensordot(q_mu, tf.linalg.solve(K, q_mu[:, None])[:, 0], 1)
        kl = 0.5 * (tf.linalg.trace(tf.linalg.solve(K, S)) + maha - M + tf.linalg.logdet(K) - tf.linalg.slogdet(S)[1])
        return data_term(b) + kl

    def candidate(b):
        Lp = tf.linalg.cholesky(prior())
        Lq = tf.linalg.band_part(q_raw, -1, 0)
        alpha = tf.linalg.triangular_solve(Lp, q_mu[:, None])
        twoKL = tf.reduce_sum(tf.square(alpha)) - M
        twoKL -= tf.reduce_sum(tf.math.log(tf.square(tf.linalg.diag_part(Lq))))
        twoKL += tf.reduce_sum(tf.square(tf.linalg.triangular_solve(Lp, Lq)))
        twoKL += tf.reduce_sum(tf.math.log(tf.square(tf.linalg.diag_part(Lp))))
        return data_term(b) + 0.5 * twoKL

    return {"variables": [zs, q_mu, q_raw], "batch": batch, "reference": reference, "candidate": candidate}
