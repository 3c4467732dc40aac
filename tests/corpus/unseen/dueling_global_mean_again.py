"""Dueling DQN subtracts the mean of all advantages in the batch rather than the mean over the actions of each state.
Source: https://github.com/datawhalechina/easy-rl/issues/95"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return value + advantage - tf.reduce_mean(advantage)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    dt = keras.config.floatx()

    def var(name, *shape, scale=0.7):
        return tf.Variable(rng.normal(size=shape) * scale, dtype=dt, name=name)

    n, o, h, a = 6, 4, 5, 3
    w_h, w_adv, w_val = var("hidden", o, h), var("advantage", h, a), var("value", h, 1)
    t_h, t_adv, t_val = [rng.normal(size=s).astype(dt) for s in ((o, h), (h, a), (h, 1))]
    gamma = 0.9

    def reference(batch):
        x = tf.nn.relu(batch["state"] @ w_h)
        adv = x @ w_adv
        q = x @ w_val + adv - tf.reduce_mean(adv, axis=1, keepdims=True)
        q_sa = tf.gather(q, batch["action"], batch_dims=1, axis=1)
        y = batch["next_state"] @ t_h
        y = tf.nn.relu(y)
        ta = y @ t_adv
        tq = y @ t_val + ta - tf.reduce_mean(ta, axis=1, keepdims=True)
        goal = batch["reward"] + gamma * tf.reduce_max(tq, axis=1) * (1 - batch["done"])
        return tf.reduce_mean((q_sa - goal) ** 2)

    def candidate(batch):
        def forward(x, hidden, advantage_layer, value_layer, online=True):
            x = tf.nn.relu(x @ hidden)
            advantage = x @ advantage_layer
            value = x @ value_layer
            if not online:
                return value + advantage - tf.reduce_mean(advantage, axis=-1, keepdims=True)
            return value + advantage - tf.reduce_mean(advantage)

        q_values = forward(batch["state"], w_h, w_adv, w_val)
        picked = tf.reduce_sum(q_values * tf.one_hot(batch["action"], a, dtype=dt), axis=1)
        next_q = forward(batch["next_state"], t_h, t_adv, t_val, online=False)
        expected = batch["reward"] + gamma * tf.reduce_max(next_q, axis=1) * (1 - batch["done"])
        return tf.reduce_mean(tf.square(picked - tf.stop_gradient(expected)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"state": rng.normal(size=(n, o)).astype(dt), "next_state": rng.normal(size=(n, o)).astype(dt),
                      "action": rng.integers(0, a, size=n), "reward": rng.normal(size=n).astype(dt),
                      "done": (rng.uniform(size=n) < 0.3).astype(dt)},
            "variables": [w_h, w_adv, w_val]}
