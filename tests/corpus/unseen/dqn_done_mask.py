"""Thread: the DQN trainer stores `done` in its replay tuples but never uses it when the targets are formed, so a terminal state
still bootstraps. Source: https://github.com/navneet-nmk/pytorch-rl/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "expected = reward + gamma * next_best",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s_dim, n_act, gamma = 8, 4, 3, 0.95
    w1 = tf.Variable(rng.normal(size=(s_dim, 12)).astype(fx) * 0.7, name="q_w1")
    w2 = tf.Variable(rng.normal(size=(12, n_act)).astype(fx) * 0.7, name="q_w2")
    t1 = (w1.numpy() + 0.1 * rng.normal(size=w1.shape)).astype(fx)
    t2 = (w2.numpy() + 0.1 * rng.normal(size=w2.shape)).astype(fx)

    def reference(batch):
        def q(x, a, b):
            return tf.matmul(tf.tanh(tf.matmul(x, a)), b)

        q_sa = tf.gather(q(batch["obs"], w1, w2), batch["act"], axis=1, batch_dims=1)
        nxt = tf.reduce_max(q(batch["next_obs"], tf.constant(t1), tf.constant(t2)), axis=1)
        y = tf.where(batch["done"] > 0.5, batch["rew"], batch["rew"] + gamma * nxt)
        delta = q_sa - tf.stop_gradient(y)
        return tf.reduce_mean(tf.where(tf.abs(delta) < 1.0, 0.5 * delta**2, tf.abs(delta) - 0.5))

    def candidate(batch):
        obs, action, reward = batch["obs"], batch["act"], batch["rew"]
        next_obs, done = batch["next_obs"], batch["done"]

        hidden = tf.tanh(tf.matmul(obs, w1))
        q_values = tf.matmul(hidden, w2)
        chosen = tf.reduce_sum(q_values * tf.one_hot(action, n_act, dtype=q_values.dtype), axis=-1)

        next_hidden = tf.tanh(tf.matmul(next_obs, t1))
        next_q = tf.matmul(next_hidden, t2)
        next_best = tf.reduce_max(next_q, axis=-1)
        expected = reward + gamma * next_best
        expected = tf.stop_gradient(expected)

        err = chosen - expected
        small = tf.minimum(tf.abs(err), 1.0)
        return tf.reduce_mean(0.5 * small**2 + (tf.abs(err) - small))

    done = np.zeros(n)
    done[[1, 3, 6]] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.normal(size=(n, s_dim)).astype(fx),
                      "next_obs": rng.normal(size=(n, s_dim)).astype(fx) * 2,
                      "act": rng.integers(0, n_act, n), "rew": rng.normal(size=n).astype(fx),
                      "done": done.astype(fx)},
            "variables": [w1, w2]}
