"""RL-Adventure's double DQN lets the target network pick the greedy action that it then evaluates.
Source: https://github.com/higgsfield/RL-Adventure/pull/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'best = tf.argmax(next_q_state_values, axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, k, h, A = 8, 4, 6, 5
    gamma = 0.97
    w1 = tf.Variable(normal(k, h), name="w1")
    w2 = tf.Variable(normal(h, A), name="w2")
    t1, t2 = normal(k, h), normal(h, A)

    def reference(batch):
        def online(s):
            return tf.nn.relu(s @ w1) @ w2
        loss = 0.0
        for i in range(n):
            s, s2 = batch["s"][i:i + 1], batch["s2"][i:i + 1]
            a2 = int(tf.argmax(online(s2)[0]))
            boot = (tf.nn.relu(s2 @ t1) @ t2)[0, a2]
            y = batch["r"][i] + gamma * (1.0 - batch["d"][i]) * boot
            loss += tf.square(tf.gather(online(s)[0], batch["a"][i]) - y)
        return loss / n

    def candidate(batch):
        def current_model(x):
            return tf.nn.relu(x @ w1) @ w2

        def target_model(x):
            return tf.nn.relu(x @ t1) @ t2

        q_values = current_model(batch["s"])
        next_q_values = current_model(batch["s2"])
        next_q_state_values = target_model(batch["s2"])
        q_value = tf.gather(q_values, batch["a"], batch_dims=1)
        best = tf.argmax(next_q_state_values, axis=1)
        next_q_value = tf.gather(next_q_state_values, best, batch_dims=1)
        expected = batch["r"] + gamma * next_q_value * (1 - batch["d"])
        return tf.reduce_mean(tf.square(q_value - tf.stop_gradient(expected)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"s": normal(n, k), "s2": normal(n, k), "r": normal(n), "a": rng.integers(0, A, n),
                      "d": np.eye(n)[0].astype(floatx)},
            "variables": [w1, w2]}
