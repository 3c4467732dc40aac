"""ddqn.py lets the target net both choose and value the next action, which is Nature DQN, not double DQN.
Source: https://github.com/keon/deep-q-learning/issues/35"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "best = tf.argmax(t, axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s, a, gamma = 8, 4, 5, 0.95

    def make(name):
        net = keras.Sequential([keras.layers.Input((s,)), keras.layers.Dense(12, activation="tanh", name=name + "_1"),
                                keras.layers.Dense(a, name=name + "_2",
                                                   kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))])
        return net

    model, target_model = make("online"), make("target")

    def reference(batch):
        q_online_next = tf.stop_gradient(model(batch["next_state"]))
        q_target_next = tf.stop_gradient(target_model(batch["next_state"]))
        chosen = tf.one_hot(tf.argmax(q_online_next, axis=-1), a, dtype=q_online_next.dtype)
        bootstrap = tf.reduce_sum(chosen * q_target_next, axis=-1)
        y = batch["reward"] + gamma * (1.0 - batch["done"]) * bootstrap
        taken = tf.one_hot(batch["action"], a, dtype=y.dtype)
        q = tf.reduce_sum(model(batch["state"]) * taken, axis=-1)
        return tf.reduce_mean(tf.square(y - q))

    def candidate(batch):
        losses = []
        for i in range(n):
            state = batch["state"][i:i + 1]
            next_state = batch["next_state"][i:i + 1]
            prediction = model(state)[0]
            value = batch["reward"][i]
            if float(batch["done"][i]) == 0.0:
                t = target_model(next_state)
                best = tf.argmax(t, axis=1)
                value = value + gamma * tf.gather(t[0], best[0])
            value = tf.stop_gradient(value)
            losses.append(tf.square(value - prediction[int(batch["action"][i])]))
        return tf.add_n(losses) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, s)).astype(fx), "next_state": rng.normal(size=(n, s)).astype(fx),
                      "action": rng.integers(0, a, n).astype("int32"),
                      "reward": rng.normal(size=n).astype(fx),
                      "done": (np.arange(n) % 4 == 3).astype(fx)},
            "variables": list(model.trainable_variables)}
