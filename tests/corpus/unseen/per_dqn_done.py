"""Prioritised-replay DQN: the loss bootstraps from terminal states as well, the done mask is never used.
Source: https://github.com/cyoon1729/deep-Q-networks/pull/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "expected_Q = rewards + gamma * max_next_Q",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, n_act, gamma = 8, 4, 3, 0.97
    w1 = tf.Variable(rng.standard_normal((d, 10)) * 0.6, dtype=fx, name="w1")
    w2 = tf.Variable(rng.standard_normal((10, n_act)) * 0.6, dtype=fx, name="w2")
    t1 = tf.constant(rng.standard_normal((d, 10)) * 0.9, dtype=fx)
    t2 = tf.constant(rng.standard_normal((10, n_act)) * 0.9, dtype=fx)

    def qnet(x, a, b):
        return tf.matmul(tf.nn.relu(tf.matmul(x, a)), b)

    def reference(batch):
        q = tf.gather(qnet(batch["s"], w1, w2), batch["a"], batch_dims=1)
        nxt = tf.reduce_max(qnet(batch["s2"], t1, t2), axis=1)
        y = tf.where(batch["done"] > 0.5, batch["r"], batch["r"] + gamma * nxt)
        return tf.reduce_mean(batch["is_w"] * tf.square(q - tf.stop_gradient(y)))

    def candidate(batch):
        states, actions, rewards, next_states, dones = (
            batch["s"], batch["a"], batch["r"], batch["s2"], batch["done"])
        IS_weights = tf.reshape(batch["is_w"], [-1])
        one_hot = tf.one_hot(actions, n_act, dtype=states.dtype)
        curr_Q = tf.reduce_sum(qnet(states, w1, w2) * one_hot, axis=1)
        next_Q = qnet(next_states, t1, t2)
        max_next_Q = tf.reduce_max(next_Q, axis=1)
        expected_Q = rewards + gamma * max_next_Q
        td_errors = tf.pow(curr_Q - tf.stop_gradient(expected_Q), 2) * IS_weights
        return tf.reduce_mean(td_errors)

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": rng.standard_normal((n, d)).astype(fx), "s2": rng.standard_normal((n, d)).astype(fx),
                      "a": rng.integers(0, n_act, n).astype("int32"), "r": rng.standard_normal(n).astype(fx),
                      "done": np.array([0, 1, 0, 1, 1, 0, 0, 1]).astype(fx),
                      "is_w": rng.uniform(0.4, 1.0, n).astype(fx)},
            "variables": [w1, w2]}
