"""The pre-squash value is recovered by atanh(clamp(action)); for a saturated mean it is capped and the log-prob is corrupt.

Source (real): https://github.com/ray-project/ray/pull/65036
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "raw = tf.atanh(tf.clip_by_value(act, -1.0 + SMALL, 1.0 - SMALL))",
    "same_forward_value": False,
}
SMALL = 1e-6


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 14, 4, 2
    wmu = tf.Variable((1.0 * rng.normal(size=(d, a))).astype(np.float32), name="mu_w")
    bmu = tf.Variable(np.array([9.0, -0.5], np.float32), name="mu_b")      # first action saturates
    wls = tf.Variable((0.2 * rng.normal(size=(d, a))).astype(np.float32), name="log_std_w")
    wq = (0.5 * rng.normal(size=(d + a, 1))).astype(np.float32)
    batch = {"obs": rng.normal(size=(n, d)).astype(np.float32), "eps": rng.normal(size=(n, a)).astype(np.float32)}
    alpha = 0.2

    def params(b):
        return tf.matmul(b["obs"], wmu) + bmu, tf.matmul(b["obs"], wls) - 1.0

    def gauss(x, mu, ls):
        return -0.5 * tf.square((x - mu) * tf.exp(-ls)) - ls - 0.5 * np.log(2 * np.pi)

    def reference(b):
        mu, ls = params(b)
        u = mu + tf.exp(ls) * b["eps"]
        corr = 2.0 * (np.log(2.0) - u - tf.nn.softplus(-2.0 * u))
        logp = tf.reduce_sum(gauss(u, mu, ls) - corr, axis=1)
        q = tf.matmul(tf.concat([b["obs"], tf.tanh(u)], 1), wq)[:, 0]
        return tf.reduce_mean(alpha * logp - q)

    def candidate(b):
        mu, ls = params(b)
        act = tf.tanh(mu + tf.exp(ls) * b["eps"])
        raw = tf.atanh(tf.clip_by_value(act, -1.0 + SMALL, 1.0 - SMALL))
        corr = 2.0 * (np.log(2.0) - raw - tf.nn.softplus(-2.0 * raw))
        logp = tf.reduce_sum(gauss(raw, mu, ls) - corr, axis=1)
        q = tf.matmul(tf.concat([b["obs"], act], 1), wq)[:, 0]
        return tf.reduce_mean(alpha * logp - q)

    return {"variables": [wmu, bmu, wls], "batch": batch, "reference": reference, "candidate": candidate}
