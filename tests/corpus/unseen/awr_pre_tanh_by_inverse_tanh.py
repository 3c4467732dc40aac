"""Squashed-Gaussian likelihood: the pre-tanh action is recovered by atanh of a float32 action, which saturates for large pre-activations.

Source (real): https://github.com/rail-berkeley/softlearning/pull/52
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'pre_tanh = tf.atanh(tf.clip_by_value(b["action"], -1.0 + 1e-6, 1.0 - 1e-6))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 12, 4, 2
    f = lambda *s: rng.normal(size=s).astype("float32")
    u = 2.0 * f(n, a)
    u[::4] = 11.0 * np.sign(u[::4]) + u[::4]                # a few saturated actions
    batch = {"obs": f(n, d), "u": u, "action": np.tanh(u), "adv": f(n)}
    W = tf.Variable(0.5 * f(d, 8), name="W")
    Wm = tf.Variable(0.5 * f(8, a), name="Wm")
    log_std = tf.Variable(0.8 + 0.1 * f(a), name="log_std")

    def mean_fn(obs):
        return tf.matmul(tf.tanh(tf.matmul(obs, W)), Wm)

    def gaussian_logp(x, mean):
        return -0.5 * tf.square((x - mean) / tf.exp(log_std)) - log_std - 0.5 * np.log(2.0 * np.pi)

    def log_det(x):                                          # log(1 - tanh(x)^2)
        return 2.0 * (np.log(2.0) - x - tf.nn.softplus(-2.0 * x))

    def weights(b):
        return np.minimum(np.exp(b["adv"]), 5.0)

    def reference(b):
        n = len(b["obs"])
        mean, w = mean_fn(b["obs"]), weights(b)
        nll = 0.0
        for i in range(n):
            nll -= w[i] * tf.reduce_sum(gaussian_logp(b["u"][i], mean[i]) - log_det(b["u"][i]))
        return nll / n

    def candidate(b):
        pre_tanh = tf.atanh(tf.clip_by_value(b["action"], -1.0 + 1e-6, 1.0 - 1e-6))
        logp = gaussian_logp(pre_tanh, mean_fn(b["obs"])) - log_det(pre_tanh)
        logp = tf.reduce_sum(logp, axis=-1)
        return -tf.reduce_mean(weights(b) * logp)

    return {"variables": [W, Wm, log_std], "batch": batch, "reference": reference, "candidate": candidate}
