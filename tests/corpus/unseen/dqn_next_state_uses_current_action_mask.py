"""The maximum over next-state Q values is masked with the legal actions of the current state.

Source (real): https://github.com/thu-ml/tianshou/issues/309
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'legal = b["obs_mask"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, k, steps = 16, 5, 10, 6, 3
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    w1, w2 = tf.Variable(f(0.6, d, h), name="w1"), tf.Variable(f(0.6, h, k), name="w2")
    t1, t2 = f(0.6, d, h), f(0.6, h, k)
    obs_mask = rng.random((n, k)) < 0.5
    next_mask = rng.random((n, k)) < 0.5
    act = rng.integers(0, k, n).astype(np.int32)
    obs_mask[np.arange(n), act] = True
    next_mask[:, 0] |= ~next_mask.any(1)
    batch = {"obs": f(1, n, d), "obs_next": f(1, n, d), "obs_mask": obs_mask, "next_mask": next_mask, "act": act,
             "rew": f(1, n, steps), "done": (rng.random(n) < 0.2).astype(np.float32),
             "weight": rng.uniform(0.5, 1.0, n).astype(np.float32)}
    gamma = 0.9

    def net(x, a, c):
        return tf.matmul(tf.nn.relu(tf.matmul(x, a)), c)

    def nstep(rew, bootstrap, done):
        disc = tf.constant([gamma ** i for i in range(steps)], tf.float32)
        return tf.reduce_sum(rew * disc, axis=1) + gamma ** steps * (1.0 - done) * bootstrap

    def td_loss(b, target_q):
        returns = tf.stop_gradient(nstep(b["rew"], target_q, b["done"]))
        q = tf.gather(net(b["obs"], w1, w2), b["act"], batch_dims=1)
        return tf.reduce_mean(b["weight"] * tf.square(returns - q))

    def reference(b):
        q_next = tf.where(b["next_mask"], net(b["obs_next"], t1, t2), -np.inf)
        return td_loss(b, tf.reduce_max(q_next, axis=1))

    def candidate(b):
        q_next = net(b["obs_next"], t1, t2)
        legal = b["obs_mask"]
        floor = tf.reduce_min(q_next) - 1.0
        best = tf.argmax(tf.where(legal, q_next, floor), axis=1)
        target_q = tf.gather(q_next, best, batch_dims=1)
        return td_loss(b, target_q)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
