"""SAC: the log probability keeps its action dimension, so [n, 1] Q values and [n, dim] log probabilities are broadcast.

Source (real): https://github.com/thu-ml/tianshou/issues/40
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'log_prob = normal_log_prob(x, mu, sigma) - tf.math.log(SCALE * (1.0 - y ** 2) + 1e-6)',
    "same_forward_value": False,
}
SCALE, ALPHA = 1.5, 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da = 9, 5, 3

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    mu_w = tf.Variable(mat(ds, da), name="mu")
    sig_w = tf.Variable(mat(ds, da) * 0.5, name="sigma")
    q_w = tf.Variable(mat(ds + da, 6), name="critic")
    q_o = tf.Variable(mat(6, 1), name="critic_out")
    t_w, t_o = mat(ds + da, 6), mat(6, 1)
    batch = {"obs": mat(n, ds), "next_obs": mat(n, ds), "act": np.tanh(mat(n, da)), "rew": mat(n, 1),
             "e1": rng.normal(0, 1, (n, da)).astype("float32"), "e2": rng.normal(0, 1, (n, da)).astype("float32")}

    def normal_log_prob(x, mu, sigma):
        return -0.5 * ((x - mu) / sigma) ** 2 - tf.math.log(sigma) - 0.9189385

    def dist(obs):
        return obs @ mu_w, tf.exp(tf.clip_by_value(obs @ sig_w, -3.0, 1.0))

    def q(obs, act, w, o):
        return tf.nn.relu(tf.concat([obs, act], 1) @ w) @ o

    def losses(policy, b):
        a2, lp2 = policy(b["next_obs"], b["e2"])
        y = tf.stop_gradient(b["rew"] + 0.97 * (q(b["next_obs"], a2, t_w, t_o) - ALPHA * lp2))
        critic = tf.reduce_mean((q(b["obs"], b["act"], q_w, q_o) - y) ** 2)
        a1, lp1 = policy(b["obs"], b["e1"])
        frozen = q(b["obs"], a1, tf.stop_gradient(q_w), tf.stop_gradient(q_o))
        return critic + tf.reduce_mean(ALPHA * lp1 - frozen)

    def reference(b):
        def policy(obs, eps):
            mu, sigma = dist(obs)
            x = mu + sigma * eps
            y = tf.tanh(x)
            total = 0.0
            for j in range(da):
                col = slice(j, j + 1)
                total += normal_log_prob(x[:, col], mu[:, col], sigma[:, col])
                total -= tf.math.log(SCALE * (1.0 - y[:, col] ** 2) + 1e-6)
            return SCALE * y, total

        return losses(policy, b)

    def candidate(b):
        def policy(obs, eps):
            mu, sigma = dist(obs)
            x = mu + sigma * eps
            y = tf.tanh(x)
            act = y * SCALE
            log_prob = normal_log_prob(x, mu, sigma) - tf.math.log(SCALE * (1.0 - y ** 2) + 1e-6)
            return act, log_prob

        return losses(policy, b)

    return {"variables": [mu_w, sig_w, q_w, q_o], "batch": batch, "reference": reference, "candidate": candidate}
