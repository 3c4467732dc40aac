"""Right: with the Cholesky factor the factor one half of the log determinant cancels against the square.

Source (real): https://github.com/krasserm/bayesian-machine-learning/issues/4
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

    n = 9
    theta = [tf.Variable(v + 0.1 * rng.normal(), name=k, dtype=tf.float64) for k, v in (("log_l", 0.2), ("log_sf", 0.1), ("log_sn", -0.7))]
    w_feat = tf.Variable(rng.normal(size=(2, 2)) * 0.5, name="w_feat")
    x = rng.normal(size=(n, 2))
    batch = {"x": x, "y": np.sin(x[:, 0]) + 0.2 * rng.normal(size=n)}

    def cov(b):
        f = tf.tanh(b["x"] @ w_feat)
        sq = tf.reduce_sum(tf.square(f[:, None] - f[None]), axis=-1)
        l, sf, sn = [tf.exp(t) for t in theta]
        return sf ** 2 * tf.exp(-0.5 * sq / l ** 2) + sn ** 2 * tf.eye(n, dtype=tf.float64)

    def reference(b):
        K = cov(b)
        y = b["y"][:, None]
        fit = tf.matmul(y, tf.linalg.inv(K) @ y, transpose_a=True)[0, 0]
        return 0.5 * tf.linalg.slogdet(K)[1] + 0.5 * fit + 0.5 * n * np.log(2 * np.pi)

    def candidate(b):
        L = tf.linalg.cholesky(cov(b))
        alpha = tf.linalg.cholesky_solve(L, b["y"][:, None])[:, 0]
        return (tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
                + 0.5 * tf.tensordot(b["y"], alpha, 1)
                + 0.5 * n * np.log(2 * np.pi))

    return {"variables": theta + [w_feat], "batch": batch, "reference": reference, "candidate": candidate}
