"""DQN with replay columns: reward and done come as (n, 1), the bootstrapped maximum as (n,).

Origin (realistic): replay buffer that stores scalars with shape (1,), as many single-file DQN scripts do.
Right answer: NOT equivalent; the target is (n, n) and each q is regressed on all rewards.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'target = b["rew"] + _GAMMA * (1.0 - b["done"]) * next_q',
    "same_forward_value": False,
}

_GAMMA = 0.95


def huber(x, delta=1.0):
    a = tf.abs(x)
    return tf.where(a <= delta, 0.5 * tf.square(x), delta * (a - 0.5 * delta))


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 26, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, acts), name="q_w")
    c = tf.Variable(0.2 * arr(acts), name="q_b")
    frozen = tf.constant(0.6 * arr(d, acts))
    batch = {
        "obs": arr(n, d),
        "act": rng.integers(0, acts, n),
        "rew": 2.0 * arr(n, 1),
        "next_obs": arr(n, d),
        "done": (rng.random((n, 1)) < 0.25).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            q = ((b["obs"][i : i + 1] @ w)[0] + c)[b["act"][i]]
            boot = tf.reduce_max(b["next_obs"][i : i + 1] @ frozen)
            total += huber(q - b["rew"][i, 0] - _GAMMA * (1.0 - b["done"][i, 0]) * boot)
        return total / m

    def candidate(b):
        q_all = b["obs"] @ w + c
        q = tf.reduce_sum(q_all * tf.one_hot(b["act"], acts, dtype=q_all.dtype), axis=1)
        next_q = tf.reduce_max(b["next_obs"] @ frozen, axis=1)
        target = b["rew"] + _GAMMA * (1.0 - b["done"]) * next_q
        return tf.reduce_mean(huber(q - target))

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
