"""COMA: with rollouts of shape [T, agents] the shift by one step runs over axis 1, i.e. over the agents.

Source (real): https://github.com/pytorch/rl/pull/4151
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'next_value = tf.concat([value[:, 1:], value[:, -1:]], axis=1)',
    "same_forward_value": False,
}
GAMMA = 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    steps, m, d, ds, n_act = 10, 3, 4, 5, 4

    def mat(*s):
        return rng.normal(0, 0.7, s).astype("float32")

    actor = tf.Variable(mat(d, n_act), name="actor")
    critic = tf.Variable(mat(ds + d, n_act), name="critic")
    t_critic = mat(ds + d, n_act)
    batch = {"obs": mat(steps, m, d), "state": mat(steps, ds), "act": rng.integers(0, n_act, (steps, m)).astype("int32"),
             "rew": mat(steps), "done": (rng.random(steps) < 0.15).astype("float32")}

    def joint(b):
        return tf.concat([tf.repeat(b["state"][:, None, :], m, axis=1), b["obs"]], axis=-1)

    def coma(q, y, b):
        log_pi = tf.nn.log_softmax(b["obs"] @ actor)
        q_taken = tf.gather(q, b["act"], batch_dims=2)
        baseline = tf.reduce_sum(tf.exp(log_pi) * q, axis=-1)
        adv = tf.stop_gradient(q_taken - baseline)
        logp = tf.gather(log_pi, b["act"], batch_dims=2)
        critic_loss = tf.reduce_mean((q_taken - tf.stop_gradient(y)) ** 2)
        return -tf.reduce_mean(adv * logp) + 0.5 * critic_loss

    def reference(b):
        x = joint(b)
        taken = tf.gather(x @ t_critic, b["act"], batch_dims=2)
        y = []
        for t in range(steps):
            following = taken[min(t + 1, steps - 1)]
            y.append(b["rew"][t] + GAMMA * (1.0 - b["done"][t]) * following)
        return coma(x @ critic, tf.stack(y), b)

    def candidate(b):
        x = joint(b)
        value = tf.gather(x @ t_critic, b["act"], batch_dims=2)
        next_value = tf.concat([value[:, 1:], value[:, -1:]], axis=1)
        not_done = (1.0 - b["done"])[:, None]
        target = b["rew"][:, None] + GAMMA * not_done * next_value
        return coma(x @ critic, target, b)

    return {"variables": [actor, critic], "batch": batch, "reference": reference, "candidate": candidate}
