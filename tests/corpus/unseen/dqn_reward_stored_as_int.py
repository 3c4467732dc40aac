"""The reward array takes an integer dtype, so fractional rewards are truncated before the target is formed (the thread gives only its title, "fix reward dtype bug"; the integer dtype is inferred).

Source (real): https://github.com/chandar-lab/RLHive/pull/86
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'reward = tf.cast(b["reward"], tf.int32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 20, 4, 3
    f = lambda c, *s: (c * rng.normal(size=s)).astype(np.float32)
    w1, w2 = tf.Variable(f(0.6, d, 8), name="qnet_0"), tf.Variable(f(0.3, 8, k), name="qnet_1")
    t1, t2 = f(0.6, d, 8), f(0.3, 8, k)
    batch = {"observation": f(1, n, d), "next_observation": f(1, n, d), "action": rng.integers(0, k, n).astype(np.int32),
             "reward": rng.uniform(-1.9, 1.9, n).astype(np.float32), "done": rng.random(n) < 0.2}
    gamma = 0.99

    def qnet(x, a, c):
        return tf.matmul(tf.nn.relu(tf.matmul(x, a)), c)

    def smooth_l1(x):
        return tf.where(tf.abs(x) < 1.0, 0.5 * x * x, tf.abs(x) - 0.5)

    def reference(b):
        pred = tf.reduce_sum(qnet(b["observation"], w1, w2) * tf.one_hot(b["action"], k), axis=1)
        nxt = tf.reduce_max(qnet(b["next_observation"], t1, t2), axis=1)
        alive = 1.0 - tf.cast(b["done"], tf.float32)
        target = b["reward"] + gamma * alive * nxt
        return tf.reduce_mean(smooth_l1(pred - tf.stop_gradient(target)))

    def candidate(b):
        reward = tf.cast(b["reward"], tf.int32)
        alive = tf.cast(tf.logical_not(b["done"]), tf.float32)
        best = tf.reduce_max(qnet(b["next_observation"], t1, t2), axis=1)
        target = tf.cast(reward, tf.float32) + gamma * alive * best
        qs = qnet(b["observation"], w1, w2)
        pred = tf.gather(qs, b["action"], batch_dims=1)
        return tf.reduce_mean(smooth_l1(pred - tf.stop_gradient(target)))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
