"""Reported: the DQN agent does not detach the target network's values. The optimiser only owns the online network,
so the update is the same. Source: https://github.com/philtabor/Deep-Q-Learning-Paper-To-Code/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, ds, na, gamma = 8, 5, 4, 0.97

    def make(name):
        net = keras.Sequential([keras.layers.Input((ds,)), keras.layers.Dense(9, activation="tanh"),
                                keras.layers.Dense(na)], name=name)
        return net

    q_eval, q_next = make("q_eval"), make("q_next")

    def reference(batch):
        total = 0.0
        nxt = tf.stop_gradient(q_next(batch["states_"]))
        cur = q_eval(batch["states"])
        for i in range(n):
            boot = tf.reduce_max(nxt[i]) * (1.0 - batch["dones"][i])
            y = batch["rewards"][i] + gamma * boot
            total += (y - cur[i, batch["actions"][i]]) ** 2
        return total / n

    def candidate(batch):
        indices = tf.range(tf.shape(batch["states"])[0])
        q_pred = tf.gather_nd(q_eval(batch["states"]), tf.stack([indices, batch["actions"]], axis=1))
        q_nxt = tf.reduce_max(q_next(batch["states_"]), axis=1)
        q_nxt = tf.where(batch["dones"] > 0.5, tf.zeros_like(q_nxt), q_nxt)
        q_target = batch["rewards"] + gamma * q_nxt
        return tf.reduce_mean(tf.square(q_target - q_pred))

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": rng.normal(size=(n, ds)).astype(fx), "states_": rng.normal(size=(n, ds)).astype(fx),
                      "actions": rng.integers(0, na, n).astype("int32"), "rewards": rng.normal(size=n).astype(fx),
                      "dones": (rng.random(n) < 0.3).astype(fx)},
            "variables": q_eval.trainable_variables}
