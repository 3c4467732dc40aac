"""The KL term of a trust region loss is computed between the current policy and the current policy; the old one never enters.

Source (real): https://github.com/ajlangley/cpo-pytorch/issues/10
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'mean_kl = mean_kl_first_fixed(action_dists, action_dists)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, kl_coef, cost_coef = 12, 5, 2, 0.8, 0.3

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    w = tf.Variable(mat(ds, da), name="mean_w")
    bias = tf.Variable(mat(da), name="mean_b")
    log_std = tf.Variable(mat(da) * 0.5, name="log_std")
    batch = {"obs": mat(n, ds), "act": mat(n, da), "adv": mat(n), "cost_adv": mat(n),
             "old_mean": 0.6 * mat(n, da), "old_std": np.exp(0.3 * mat(n, da)).astype("float32")}

    def dist(b):
        return tf.tanh(b["obs"] @ w + bias), tf.ones_like(b["act"]) * tf.exp(log_std)

    def log_prob(d, x):
        mean, std = d
        return tf.reduce_sum(-0.5 * ((x - mean) / std) ** 2 - tf.math.log(std), axis=1)

    def mean_kl_first_fixed(fixed, other):
        (m0, s0), (m1, s1) = fixed, other
        kl = tf.math.log(s1 / s0) + (s0 ** 2 + (m0 - m1) ** 2) / (2.0 * s1 ** 2) - 0.5
        return tf.reduce_mean(tf.reduce_sum(kl, axis=1))

    def surrogate(d, b):
        ratio = tf.exp(log_prob(d, b["act"]) - log_prob((b["old_mean"], b["old_std"]), b["act"]))
        reward_loss = -tf.reduce_mean(ratio * b["adv"])
        constraint_loss = tf.reduce_mean(ratio * b["cost_adv"])
        return reward_loss + cost_coef * constraint_loss

    def reference(b):
        d = dist(b)
        m, s = d
        kl = 0.0
        for j in range(da):
            m0, s0 = b["old_mean"][:, j], b["old_std"][:, j]
            kl += tf.math.log(s[:, j]) - tf.math.log(s0) - 0.5
            kl += (tf.square(s0) + tf.square(m0 - m[:, j])) / (2.0 * tf.square(s[:, j]))
        return surrogate(d, b) + kl_coef * tf.reduce_mean(kl)

    def candidate(b):
        action_dists = dist(b)
        objective = surrogate(action_dists, b)
        mean_kl = mean_kl_first_fixed(action_dists, action_dists)
        return objective + kl_coef * mean_kl

    return {"variables": [w, bias, log_std], "batch": batch, "reference": reference, "candidate": candidate}
