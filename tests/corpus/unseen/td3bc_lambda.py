"""Suspicion that lmbda * Q turns constant in TD3+BC; with lmbda held fixed the Q term keeps its gradient.
Source: https://github.com/sfujim/TD3_BC/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, a = 6, 4, 2
    w1, w2 = var("l1", o, 5), var("l2", 5, a)
    q1, q2 = rng.normal(size=(o + a, 6)).astype(dt), rng.normal(size=(6, 1)).astype(dt)
    alpha = 2.5

    def reference(batch):
        pi = tf.tanh(tf.nn.relu(batch["state"] @ w1) @ w2)
        qs = [(tf.nn.relu(tf.concat([batch["state"][i:i + 1], pi[i:i + 1]], 1) @ q1) @ q2)[0, 0] for i in range(n)]
        scale = tf.stop_gradient(tf.add_n([tf.abs(q) for q in qs]) / n)
        bc = tf.add_n([tf.reduce_sum((pi[i] - batch["action"][i]) ** 2) for i in range(n)]) / (n * a)
        return bc - alpha * tf.add_n(qs) / n / scale

    def candidate(batch):
        def critic(state, action):
            sa = tf.concat([state, action], axis=1)
            return tf.nn.relu(sa @ q1) @ q2

        state = batch["state"]
        pi = tf.tanh(tf.nn.relu(state @ w1) @ w2)
        q = critic(state, pi)
        lmbda = alpha / tf.stop_gradient(tf.reduce_mean(tf.abs(q)))
        return -lmbda * tf.reduce_mean(q) + tf.reduce_mean(tf.square(pi - batch["action"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, o)).astype(dt), "action": np.tanh(rng.normal(size=(n, a))).astype(dt)},
            "variables": [w1, w2]}
