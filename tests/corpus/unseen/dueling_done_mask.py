"""Dueling DDQN loss bootstraps through terminal transitions since the done mask is not used.
Source: https://github.com/cyoon1729/deep-Q-networks/pull/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": False, "cause": "other",
            "line_marker": "expected_q = batch[\"rewards\"] + gamma * max_next_q", "same_forward_value": False}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, d, h, A, gamma = 6, 4, 5, 3, 0.95
    f = tf.Variable(rng.normal(size=(d, h)).astype(fx), name="feature")
    va = tf.Variable(rng.normal(size=(h, 1)).astype(fx), name="value_stream")
    ad = tf.Variable(rng.normal(size=(h, A)).astype(fx), name="advantage_stream")

    def qvals(x):
        z = tf.nn.elu(x @ f)
        a = z @ ad
        return z @ va + a - tf.reduce_mean(a, axis=1, keepdims=True)

    def reference(batch):
        q = tf.gather(qvals(batch["states"]), batch["actions"], batch_dims=1)
        nxt = tf.reduce_max(qvals(batch["next_states"]), axis=1)
        y = tf.stop_gradient(tf.where(batch["dones"] > 0, batch["rewards"], batch["rewards"] + gamma * nxt))
        return tf.reduce_mean((q - y) ** 2)

    def candidate(batch):
        curr_q = tf.reduce_sum(qvals(batch["states"]) * tf.one_hot(batch["actions"], A, dtype=f.dtype), axis=1)
        next_q = qvals(batch["next_states"])
        max_next_q = tf.reduce_max(next_q, axis=1)
        expected_q = batch["rewards"] + gamma * max_next_q
        return tf.reduce_mean(tf.square(curr_q - tf.stop_gradient(expected_q)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(B, d)).astype(fx), "next_states": rng.normal(size=(B, d)).astype(fx),
                      "actions": rng.integers(0, A, B), "rewards": rng.normal(size=B).astype(fx),
                      "dones": np.array([0, 1, 0, 0, 1, 0]).astype(fx)},
            "variables": [f, va, ad]}
