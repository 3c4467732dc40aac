"""minimalRL's SAC: in calc_target the next action and its entropy belong to s_prime, but the target networks are evaluated
at s.
Source: https://github.com/seungeunrho/minimalRL/issues/40"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "q1_val, q2_val = q1_target(s, a_prime), q2_target(s, a_prime)",
    "same_forward_value": False,
}


class QNet:
    """State and action branch, concatenated, as in minimalRL."""

    def __init__(self, rng, s, a, h, f, name=None):
        make = (lambda x, k: keras.Variable(x, dtype=f, name=f"{name}_{k}")) if name else (lambda x, k: tf.constant(x, f))
        self.fc_s = make(rng.normal(size=(s, h)) * 0.5, "fc_s")
        self.fc_a = make(rng.normal(size=(a, h)) * 0.5, "fc_a")
        self.out = make(rng.normal(size=(2 * h, 1)) * 0.3, "out")

    def __call__(self, x, a):
        h = tf.concat([tf.nn.relu(tf.matmul(x, self.fc_s)), tf.nn.relu(tf.matmul(a, self.fc_a))], axis=1)
        return tf.matmul(h, self.out)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, s_dim, a_dim, h = 15, 4, 2, 6
    gamma, alpha = 0.98, 0.1
    q1 = QNet(rng, s_dim, a_dim, h, f, "q1")
    q2 = QNet(rng, s_dim, a_dim, h, f, "q2")
    q1_target, q2_target = QNet(rng, s_dim, a_dim, h, f), QNet(rng, s_dim, a_dim, h, f)
    pi_mu = tf.constant(rng.normal(size=(s_dim, a_dim)) * 0.5, f)
    std = 0.4

    def policy(x, eps):
        u = tf.matmul(x, pi_mu) + std * eps
        act = tf.tanh(u)
        lp = -0.5 * eps ** 2 - np.log(std * np.sqrt(2 * np.pi)) - tf.math.log(1 - act ** 2 + 1e-7)
        return act, tf.reduce_sum(lp, axis=1, keepdims=True)

    def reference(batch):
        act, logp = policy(batch["s_prime"], batch["eps"])
        q = tf.concat([net(batch["s_prime"], act) for net in (q1_target, q2_target)], axis=1)
        soft_v = tf.reduce_min(q, axis=1, keepdims=True) - alpha * logp
        y = batch["r"] + gamma * batch["done"] * soft_v
        pred = tf.concat([q1(batch["s"], batch["a"]), q2(batch["s"], batch["a"])], axis=1)
        return tf.reduce_sum(tf.square(pred - y)) / n

    def candidate(batch):
        s, a, r, s_prime, done = (batch[k] for k in ("s", "a", "r", "s_prime", "done"))

        def calc_target():
            a_prime, log_prob = policy(s_prime, batch["eps"])
            entropy = -alpha * log_prob
            q1_val, q2_val = q1_target(s, a_prime), q2_target(s, a_prime)
            min_q = tf.minimum(q1_val, q2_val)
            return r + gamma * done * (min_q + entropy)

        td_target = calc_target()
        loss1 = tf.reduce_mean((q1(s, a) - td_target) ** 2)
        loss2 = tf.reduce_mean((q2(s, a) - td_target) ** 2)
        return loss1 + loss2

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"s": rng.normal(size=(n, s_dim)).astype(f), "a": rng.uniform(-1, 1, size=(n, a_dim)).astype(f),
                  "r": rng.normal(size=(n, 1)).astype(f), "s_prime": rng.normal(size=(n, s_dim)).astype(f),
                  "done": (rng.uniform(size=(n, 1)) > 0.2).astype(f), "eps": rng.normal(size=(n, a_dim)).astype(f)},
        "variables": [q1.fc_s, q1.fc_a, q1.out, q2.fc_s, q2.fc_a, q2.out],
    }
