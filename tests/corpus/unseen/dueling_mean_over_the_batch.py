"""Dueling DQN: the advantage's mean is taken over batch and actions together instead of per state.

Source (real): https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'q = dueling(b["obs"], advantage_axis=None)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k, gamma = 12, 6, 4, 0.99
    f = lambda *s: rng.normal(size=s).astype("float32")
    batch = {
        "obs": f(n, d), "reward": f(n), "next_best_q": 1.5 * f(n),
        "action": rng.integers(0, k, n).astype("int32"),
        "done": (rng.uniform(size=n) < 0.1).astype("float32"),
    }
    fc = tf.Variable(0.5 * f(d, 10), name="fc")
    fc_val = tf.Variable(0.5 * f(10, 1), name="fc_val")
    fc_adv = tf.Variable(0.8 * f(10, k), name="fc_adv")

    def dueling(obs, advantage_axis):
        h = tf.nn.relu(tf.matmul(obs, fc))
        val, adv = tf.matmul(h, fc_val), tf.matmul(h, fc_adv)
        return val + adv - tf.reduce_mean(adv, axis=advantage_axis, keepdims=True)

    def bellman_target(b):
        return b["reward"] + gamma * b["next_best_q"] * (1.0 - b["done"])

    def reference(b):
        q = dueling(b["obs"], advantage_axis=1)
        taken = tf.reduce_sum(q * tf.one_hot(b["action"], k), axis=1)
        return tf.reduce_mean(tf.square(taken - bellman_target(b)))

    def candidate(b):
        q = dueling(b["obs"], advantage_axis=None)
        taken = tf.gather(q, b["action"], batch_dims=1)
        return tf.reduce_mean(tf.math.squared_difference(taken, bellman_target(b)))

    return {"variables": [fc, fc_val, fc_adv], "batch": batch, "reference": reference, "candidate": candidate}
