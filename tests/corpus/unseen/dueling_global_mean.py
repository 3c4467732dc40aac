"""Dueling Pong network subtracts K.mean over the whole batch and actions instead of the mean over each row's actions.
Source: https://github.com/pythonlessons/Reinforcement_Learning/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "action_advantage = action_advantage - tf.reduce_mean(action_advantage, keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, hid, n_act = 6, 5, 8, 4
    body = keras.layers.Dense(hid, activation="tanh", name="body")
    value = keras.layers.Dense(1, name="value")
    adv = keras.layers.Dense(n_act, name="adv")
    body.build((None, d))
    value.build((None, hid))
    adv.build((None, hid))
    gamma = 0.99

    def reference(batch):
        h = body(batch["state"])
        a = adv(h)
        q = value(h) + a - tf.reduce_mean(a, axis=1, keepdims=True)
        best = tf.reduce_max(batch["target_next_q"], axis=1)
        y = batch["reward"] + gamma * best * (1.0 - batch["done"])
        picked = tf.gather(q, batch["action"], axis=1, batch_dims=1)
        return tf.reduce_mean(tf.square(y - picked))

    def candidate(batch):
        h = body(batch["state"])
        state_value = value(h)
        action_advantage = adv(h)
        action_advantage = action_advantage - tf.reduce_mean(action_advantage, keepdims=True)
        q = state_value + action_advantage
        target = batch["reward"] + gamma * tf.reduce_max(batch["target_next_q"], axis=1) * (1.0 - batch["done"])
        chosen = tf.reduce_sum(q * tf.one_hot(batch["action"], n_act, dtype=q.dtype), axis=1)
        return tf.reduce_mean(tf.square(target - chosen))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "state": rng.normal(size=(n, d)).astype(fx),
            "action": rng.integers(0, n_act, size=n).astype("int32"),
            "reward": rng.normal(size=n).astype(fx),
            "done": (rng.uniform(size=n) < 0.3).astype(fx),
            "target_next_q": rng.normal(size=(n, n_act)).astype(fx),
        },
        "variables": body.trainable_variables + value.trainable_variables + adv.trainable_variables,
    }
