"""The Gaussian likelihood of the variational GP passes its variance where the normal distribution expects the standard deviation.

Source (real): https://github.com/pyro-ppl/pyro/pull/1643
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'log_lik = tf.reduce_sum(normal_log_prob(b["y"], f_loc, noise))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    n, M = 12, 4
    z = var("inducing", M, 1, scale=1.0)
    u_loc = var("u_loc", M)
    log_noise = tf.Variable(np.float32(-1.2 + 0.1 * rng.normal()), name="log_noise")
    log_ls = tf.Variable(np.float32(0.1 * rng.normal()), name="log_lengthscale")
    x = rng.uniform(-2, 2, size=(n, 1)).astype("float32")
    batch = {"x": x, "y": (np.sin(2 * x[:, 0]) + 0.3 * rng.normal(size=n)).astype("float32")}

    def rbf(a, c):
        return tf.exp(-0.5 * tf.square((a - tf.transpose(c)) / tf.exp(log_ls)))

    def normal_log_prob(v, loc, scale):
        return -0.5 * tf.square((v - loc) / scale) - tf.math.log(scale) - 0.5 * np.log(2 * np.pi)

    def predictive(b):
        chol = tf.linalg.cholesky(rbf(z, z) + 0.05 * tf.eye(M))
        proj = tf.linalg.triangular_solve(chol, rbf(z, b["x"]))
        return tf.linalg.matvec(proj, u_loc, transpose_a=True)

    def kl():
        return 0.5 * tf.reduce_sum(tf.square(u_loc))

    def reference(b):
        f_loc = predictive(b)
        noise = tf.exp(log_noise)
        sq = tf.reduce_sum(tf.square(b["y"] - f_loc))
        return 0.5 * sq / noise + 0.5 * n * (log_noise + np.log(2 * np.pi)) + kl()

    def candidate(b):
        f_loc = predictive(b)
        noise = tf.exp(log_noise)
        log_lik = tf.reduce_sum(normal_log_prob(b["y"], f_loc, noise))
        return -log_lik + kl()

    return {"variables": [z, u_loc, log_noise, log_ls], "batch": batch, "reference": reference, "candidate": candidate}
