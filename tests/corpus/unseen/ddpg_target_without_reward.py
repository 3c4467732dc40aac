"""The TD target for non-terminal transitions is gamma * q_next, the reward was forgotten.

Source (real): https://github.com/PacktPublishing/Tensorflow-2-Reinforcement-Learning-Cookbook/issues/34
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "targets.append(gamma * q_values[i])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed + 3)
    n, d, a = 14, 4, 2
    critic = tf.keras.Sequential([tf.keras.layers.Dense(10, activation="relu"), tf.keras.layers.Dense(1)])
    critic.build((None, d + a))
    for v in critic.trainable_variables:
        v.assign((0.5 * rng.normal(size=v.shape)).astype(np.float32))
    t1, t2 = (0.5 * rng.normal(size=(d + a, 10))).astype(np.float32), (0.5 * rng.normal(size=(10, 1))).astype(np.float32)
    mu = (0.5 * rng.normal(size=(d, a))).astype(np.float32)
    done = np.zeros(n, np.float32)
    done[[2, 8]] = 1
    batch = {"s": rng.normal(size=(n, d)).astype(np.float32), "a": rng.uniform(-1, 1, (n, a)).astype(np.float32),
             "r": rng.normal(0.8, 0.7, n).astype(np.float32), "s2": rng.normal(size=(n, d)).astype(np.float32), "done": done}
    gamma = 0.98

    def target_q(b):
        x = tf.concat([b["s2"], tf.tanh(tf.matmul(b["s2"], mu))], axis=1)
        return tf.matmul(tf.nn.relu(tf.matmul(x, t1)), t2)[:, 0]

    def q_of(b):
        return critic(tf.concat([b["s"], b["a"]], axis=1))[:, 0]

    def reference(b):
        y = b["r"] + gamma * (1.0 - b["done"]) * target_q(b)
        td_error = q_of(b) - tf.stop_gradient(y)
        return tf.reduce_mean(tf.square(td_error))

    def candidate(b):
        q_values = target_q(b)
        targets = []
        for i in range(n):
            if b["done"][i] > 0.5:
                targets.append(b["r"][i])
            else:
                targets.append(gamma * q_values[i])
        td_targets = tf.stop_gradient(tf.stack(targets))
        return tf.reduce_mean(tf.math.squared_difference(td_targets, q_of(b)))

    return {"variables": list(critic.trainable_variables), "batch": batch, "reference": reference, "candidate": candidate}
