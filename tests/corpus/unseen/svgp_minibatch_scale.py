"""Sparse GP: the likelihood of a minibatch is not scaled up to the whole data set before the KL term is subtracted.

Source (real): https://github.com/tachukao/mgplvm-pytorch/pull/19 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "elbo = lik - kl",
    "same_forward_value": False,
}

_M, _NOISE = 160, 0.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, m_inducing, d = 16, 4, 2
    q_mu = tf.Variable(0.7 * arr(m_inducing), name="q_mu")
    q_logstd = tf.Variable(-0.5 + 0.3 * arr(m_inducing), name="q_logstd")
    z = tf.constant(arr(m_inducing, d))
    batch = {"x": arr(n, d), "y": arr(n)}

    def features(x):
        return tf.exp(-0.5 * tf.reduce_sum((x[:, None] - z[None]) ** 2, axis=-1))

    def reference(b):
        n_batch = b["x"].shape[0]
        expected = 0.0
        for k, y in zip(features(b["x"]), b["y"]):
            mean = tf.tensordot(k, q_mu, 1)
            spread = tf.reduce_sum((k * tf.exp(q_logstd)) ** 2)
            expected += -0.5 * ((y - mean) ** 2 + spread) / _NOISE
        s2 = tf.exp(q_logstd) ** 2
        prior = 0.5 * tf.reduce_sum(s2 + q_mu**2 - 1.0 - tf.math.log(s2))
        return (prior - _M / n_batch * expected) / _M

    def candidate(b):
        kxz = features(b["x"])
        f_mean = tf.linalg.matvec(kxz, q_mu)
        f_var = tf.linalg.matvec(kxz**2, tf.exp(2.0 * q_logstd))
        lik = tf.reduce_sum(-0.5 * (tf.square(b["y"] - f_mean) + f_var) / _NOISE)
        kl = tf.reduce_sum(0.5 * (tf.exp(2.0 * q_logstd) + q_mu**2 - 1.0) - q_logstd)
        elbo = lik - kl
        return -elbo / _M

    return {"variables": [q_mu, q_logstd], "batch": batch, "reference": reference, "candidate": candidate}
