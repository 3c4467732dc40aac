"""KL of two diagonal Gaussians: the parenthesis closes after the division, so the old variance is not divided by the new one.

Source (real): https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/17 (`get_kl` of the TRPO chapter, PyTorch, ported; fixed).
Right answer: NOT equivalent. `std0**2` becomes a constant, so the gradient of the new log-std has lost the trace term.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "kl = logstd_v - logstd0_v + (std0_v**2 + ((mu0_v - mu_v) ** 2) / (2.0 * std_v**2)) - 0.5",
    "same_forward_value": False,
}

_BETA = 0.7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 16, 5, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="trunk_w")
    w2 = tf.Variable(0.5 * arr(hid, acts), name="mu_w")
    ls = tf.Variable(0.3 * arr(acts), name="logstd")
    batch = {
        "obs": arr(n, d),
        "act": arr(n, acts),
        "adv": arr(n),
        "mu0": 0.5 * arr(n, acts),
        "logstd0": (-0.3 + 0.2 * arr(n, acts)).astype(f),
    }

    def log_prob(mu, logstd, act):
        return tf.reduce_sum(-0.5 * tf.square((act - mu) / tf.exp(logstd)) - logstd - 0.5 * np.log(2 * np.pi), -1)

    def reference(b):
        mu = tf.tanh(tf.tanh(b["obs"] @ w1) @ w2)
        ratio = tf.exp(log_prob(mu, ls, b["act"]) - log_prob(b["mu0"], b["logstd0"], b["act"]))
        old_cov = tf.linalg.diag(tf.exp(2.0 * b["logstd0"]))
        new_prec = tf.linalg.diag(tf.exp(-2.0 * ls))
        diff = mu - b["mu0"]
        trace = tf.einsum("ij,nji->n", new_prec, old_cov)
        maha = tf.einsum("ni,ij,nj->n", diff, new_prec, diff)
        logdet = 2.0 * tf.reduce_sum(ls) - 2.0 * tf.reduce_sum(b["logstd0"], -1)
        kl = 0.5 * (trace + maha - acts + logdet)
        return tf.reduce_mean(-b["adv"] * ratio + _BETA * kl)

    def candidate(b):
        def actor(obs):
            return tf.tanh(tf.tanh(obs @ w1) @ w2)

        def get_loss(mu_v):
            dp_v = tf.exp(log_prob(mu_v, ls, b["act"]) - log_prob(b["mu0"], b["logstd0"], b["act"]))
            return -tf.reduce_mean(b["adv"] * dp_v)

        def get_kl(mu_v):
            logstd_v = ls
            mu0_v, logstd0_v = b["mu0"], b["logstd0"]
            std_v = tf.exp(logstd_v)
            std0_v = tf.exp(logstd0_v)
            kl = logstd_v - logstd0_v + (std0_v**2 + ((mu0_v - mu_v) ** 2) / (2.0 * std_v**2)) - 0.5
            return tf.reduce_sum(kl, axis=1, keepdims=True)

        mu = actor(b["obs"])
        return get_loss(mu) + _BETA * tf.reduce_mean(get_kl(mu))

    return {"variables": [w1, w2, ls], "batch": batch, "reference": reference, "candidate": candidate}
