"""CQL for DQN: the term that pushes the data's action up averages Q over all the actions instead of the taken one.

Source (real): https://github.com/BY571/CQL/issues/5
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'data_q = tf.reduce_mean(q_all)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, obs, n_act, gamma = 20, 6, 4, 0.97
    net = tf.keras.Sequential([tf.keras.layers.Dense(16, activation="tanh"), tf.keras.layers.Dense(n_act)])
    net.build((None, obs))
    for v in net.trainable_variables:
        v.assign(rng.normal(0, 0.4, v.shape))
    target_w = [tf.constant(v.numpy() + rng.normal(0, 0.05, v.shape), tf.float32) for v in net.trainable_variables]
    batch = {
        "s": rng.normal(size=(n, obs)).astype(np.float32),
        "s2": rng.normal(size=(n, obs)).astype(np.float32),
        "a": rng.integers(0, n_act, n).astype(np.int32),
        "r": rng.normal(size=n).astype(np.float32),
        "done": (rng.random(n) < 0.2).astype(np.float32),
    }

    def target_net(x):
        return tf.tanh(x @ target_w[0] + target_w[1]) @ target_w[2] + target_w[3]

    def td_target(b):
        best = tf.reduce_max(target_net(b["s2"]), axis=1)
        return tf.stop_gradient(b["r"] + gamma * (1.0 - b["done"]) * best)

    def reference(b):
        y = td_target(b)
        total = 0.0
        for i in range(n):
            q = net(b["s"][i:i + 1])[0]
            taken = q[b["a"][i]]
            bellman = 0.5 * (taken - y[i]) ** 2
            conservative = tf.reduce_logsumexp(q) - taken
            total += bellman + conservative
        return total / n

    def candidate(b):
        q_all = net(b["s"])
        q_taken = tf.gather(q_all, b["a"], batch_dims=1)
        bellman = 0.5 * tf.reduce_mean(tf.square(q_taken - td_target(b)))
        soft_max_q = tf.reduce_mean(tf.reduce_logsumexp(q_all, axis=1))
        data_q = tf.reduce_mean(q_all)
        cql = soft_max_q - data_q
        return bellman + cql

    return {"variables": net.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
