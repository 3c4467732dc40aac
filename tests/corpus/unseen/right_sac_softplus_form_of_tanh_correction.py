"""Right: the tanh correction as 2 (log 2 - u - softplus(-2u)) instead of log(1 - tanh(u)^2), for moderate u.

Source (real): https://github.com/rlworkgroup/garage/issues/1174
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

ALPHA = 0.2


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 12, 4, 3
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {"obs": f(n, d), "eps": np.clip(f(n, a), -2.0, 2.0)}
    W = tf.Variable(0.3 * f(d, 8), name="W")
    Wm = tf.Variable(0.25 * f(8, a), name="Wm")
    Ws = tf.Variable(0.2 * f(8, a), name="Ws")
    Q1, Q2 = (tf.constant(f(d + a, 6)), tf.constant(f(6, 1))), (tf.constant(f(d + a, 6)), tf.constant(f(6, 1)))

    def gaussian(obs):
        h = tf.tanh(tf.matmul(obs, W))
        return tf.matmul(h, Wm), tf.matmul(h, Ws) - 1.0

    def min_q(obs, act):
        x = tf.concat([obs, act], axis=1)
        q1, q2 = (tf.matmul(tf.nn.elu(tf.matmul(x, w)), v)[:, 0] for w, v in (Q1, Q2))
        return tf.minimum(q1, q2)

    def reference(b):
        mean, log_std = gaussian(b["obs"])
        u = mean + tf.exp(log_std) * b["eps"]
        act = tf.tanh(u)
        per_dim = -0.5 * ((u - mean) / tf.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
        logp = tf.reduce_sum(per_dim, 1) - tf.reduce_sum(tf.math.log((1.0 - act) * (1.0 + act)), 1)
        return tf.reduce_mean(ALPHA * logp - min_q(b["obs"], act))

    def candidate(b):
        mu, log_std = gaussian(b["obs"])
        pi = mu + tf.exp(log_std) * b["eps"]
        logp_pi = -0.5 * tf.reduce_sum(tf.square(b["eps"]) + 2.0 * log_std + np.log(2 * np.pi), axis=1)
        logp_pi -= tf.reduce_sum(2.0 * (np.log(2.0) - pi - tf.nn.softplus(-2.0 * pi)), axis=1)
        q_pi = min_q(b["obs"], tf.tanh(pi))
        return tf.reduce_mean(ALPHA * logp_pi - q_pi)

    return {"variables": [W, Wm, Ws], "batch": batch, "reference": reference, "candidate": candidate}
