"""Right: the log probability ignores the scaling of the action by act_limit; that is a constant, and the losses here only use its gradient.

Source (real): https://github.com/openai/spinningup/issues/314
"""
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": False}
ALPHA, LIMIT = 0.3, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, ds, da, h = 10, 4, 3, 7

    def mat(*s):
        return rng.normal(0, 0.5, s).astype("float32")

    trunk = tf.Variable(mat(ds, h), name="trunk")
    mu_w = tf.Variable(mat(h, da), name="mu")
    ls_w = tf.Variable(mat(h, da), name="log_std")
    qw1, qw2 = mat(ds + da, 8), mat(8, 1)
    batch = {"obs": mat(n, ds), "eps": rng.normal(0, 1, (n, da)).astype("float32")}

    def q(obs, act):
        return tf.squeeze(tf.nn.elu(tf.concat([obs, act], -1) @ qw1) @ qw2, -1)

    def reference(b):
        hid = tf.nn.relu(b["obs"] @ trunk)
        total = 0.0
        for j in range(n):
            mu, ls = tf.linalg.matvec(mu_w, hid[j], transpose_a=True), tf.linalg.matvec(ls_w, hid[j], transpose_a=True)
            u = mu + tf.exp(ls) * b["eps"][j]
            act = LIMIT * tf.tanh(u)
            slope = LIMIT / tf.cosh(u) ** 2
            logp = tf.reduce_sum(-0.5 * b["eps"][j] ** 2 - ls - 0.9189385 - tf.math.log(slope))
            total += ALPHA * logp - q(b["obs"][j:j + 1], act[None])[0]
        return total / n

    def candidate(b):
        net_out = tf.nn.relu(b["obs"] @ trunk)
        mu, log_std = net_out @ mu_w, net_out @ ls_w
        std = tf.exp(log_std)
        pi_action = mu + std * b["eps"]
        logp_pi = tf.reduce_sum(-0.5 * ((pi_action - mu) / std) ** 2 - log_std - 0.9189385, axis=-1)
        logp_pi -= tf.reduce_sum(2.0 * (float(np.log(2.0)) - pi_action - tf.nn.softplus(-2.0 * pi_action)), axis=1)
        pi_action = LIMIT * tf.tanh(pi_action)
        return tf.reduce_mean(ALPHA * logp_pi - q(b["obs"], pi_action))

    return {"variables": [trunk, mu_w, ls_w], "batch": batch, "reference": reference, "candidate": candidate}
