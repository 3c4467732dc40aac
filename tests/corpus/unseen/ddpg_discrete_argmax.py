"""DDPG adapted to the discrete CartPole: the actor's output goes through argmax on its way to
the critic and the agent learns nothing.
Source: https://github.com/danaugrs/huskarl/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'action = tf.one_hot(tf.argmax(probs, axis=-1), n_act, dtype=fx)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, n_act, hid = 5, 4, 3, 6
    a1 = tf.Variable((rng.standard_normal((obs_dim, hid)) * 0.7).astype(fx), name="a1")
    a2 = tf.Variable((rng.standard_normal((hid, n_act)) * 0.7).astype(fx), name="a2")
    c1 = tf.constant((rng.standard_normal((obs_dim + n_act, hid)) * 0.7).astype(fx))
    c2 = tf.constant((rng.standard_normal((hid, 1)) * 0.7).astype(fx))

    def reference(batch):
        loss = tf.zeros((), fx)
        for i in range(n):
            x = batch["obs"][i:i + 1]
            pi = tf.nn.softmax(tf.matmul(tf.nn.relu(tf.matmul(x, a1)), a2))
            q = tf.matmul(tf.tanh(tf.matmul(tf.concat([x, pi], axis=1), c1)), c2)
            loss -= batch["weights"][i] * q[0, 0]
        return loss / tf.reduce_sum(batch["weights"])

    def candidate(batch):
        hidden = tf.nn.relu(tf.matmul(batch["obs"], a1))
        probs = tf.nn.softmax(tf.matmul(hidden, a2), axis=-1)
        action = tf.one_hot(tf.argmax(probs, axis=-1), n_act, dtype=fx)
        features = tf.concat([batch["obs"], action], axis=-1)
        q_values = tf.squeeze(tf.matmul(tf.tanh(tf.matmul(features, c1)), c2), axis=-1)
        return -tf.tensordot(batch["weights"], q_values, 1) / tf.reduce_sum(batch["weights"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "weights": rng.uniform(0.2, 1.0, n).astype(fx)},
            "variables": [a1, a2]}
