"""The change-of-variables term squashes the already squashed action once more: log(1 - tanh(action)^2).

Source (real): https://github.com/boyu-ai/Hands-on-RL/issues/44
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "jac = tf.math.log(1.0 - tf.square(tf.tanh(action)) + 1e-7)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, a = 16, 3, 2
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    w1, wmu, wstd = tf.Variable(f(0.7, d, 8), name="fc1"), tf.Variable(f(0.5, 8, a), name="fc_mu"), tf.Variable(f(0.5, 8, a), name="fc_std")
    qa, qb = [f(0.6, d + a, 8), f(0.6, 8, 1)], [f(0.6, d + a, 8), f(0.6, 8, 1)]
    batch = {"states": f(1, n, d), "noise": f(1, n, a)}
    alpha, bound = 0.4, 2.0

    def dist(s):
        x = tf.nn.relu(tf.matmul(s, w1))
        return tf.matmul(x, wmu), tf.nn.softplus(tf.matmul(x, wstd)) + 0.05

    def critic(p, s, act):
        return tf.matmul(tf.nn.relu(tf.matmul(tf.concat([s, act], 1), p[0])), p[1])

    def normal_logp(x, mu, std):
        return -0.5 * tf.square((x - mu) / std) - tf.math.log(std) - 0.5 * np.log(2 * np.pi)

    def actor_loss(b, action, log_prob):
        entropy = -tf.reduce_sum(log_prob, axis=1, keepdims=True)
        q = tf.minimum(critic(qa, b["states"], action * bound), critic(qb, b["states"], action * bound))
        return tf.reduce_mean(-alpha * entropy - q)

    def reference(b):
        mu, std = dist(b["states"])
        u = mu + std * b["noise"]
        action = tf.tanh(u)
        log_prob = normal_logp(u, mu, std) - tf.math.log(1.0 - tf.square(action) + 1e-7)
        return actor_loss(b, action, log_prob)

    def candidate(b):
        mu, std = dist(b["states"])
        normal_sample = mu + std * b["noise"]
        log_prob = normal_logp(normal_sample, mu, std)
        action = tf.tanh(normal_sample)
        jac = tf.math.log(1.0 - tf.square(tf.tanh(action)) + 1e-7)
        log_prob = log_prob - jac
        return actor_loss(b, action, log_prob)

    return {"variables": [w1, wmu, wstd], "batch": batch, "reference": reference, "candidate": candidate}
