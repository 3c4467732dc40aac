"""Dueling DQN: adv.mean() averages over the whole minibatch as well, not over the actions of each state.
Source: https://github.com/PacktPublishing/Deep-Reinforcement-Learning-Hands-On/issues/52"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return val + adv - keras.ops.mean(adv)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 19, 6, 4, 0.95
    fc_adv, fc_val = keras.layers.Dense(acts, name="adv"), keras.layers.Dense(1, name="val")
    hidden = keras.layers.Dense(8, name="hidden")
    hidden.build((None, obs))
    fc_adv.build((None, 8))
    fc_val.build((None, 8))

    def reference(batch):
        errors = []
        for i in range(n):
            h = tf.nn.relu(hidden(batch["state"][i:i + 1]))
            a = fc_adv(h)[0]
            q = fc_val(h)[0, 0] + a[int(batch["action"][i])] - tf.add_n([a[k] for k in range(acts)]) / acts
            y = batch["reward"][i] + gamma * batch["next_best"][i] * (1 - batch["done"][i])
            errors.append((q - y) ** 2)
        return tf.add_n(errors) / n

    def candidate(batch):
        class DuelingDQN:
            def forward(self, x):
                h = keras.ops.relu(hidden(x))
                val, adv = fc_val(h), fc_adv(h)
                return val + adv - keras.ops.mean(adv)

        net = DuelingDQN()
        onehot = tf.one_hot(batch["action"], acts, dtype=f)
        state_action_values = tf.reduce_sum(net.forward(batch["state"]) * onehot, axis=-1)
        next_state_values = tf.where(batch["done"] > 0.5, tf.zeros_like(batch["next_best"]), batch["next_best"])
        expected = tf.stop_gradient(batch["reward"] + next_state_values * gamma)
        return keras.ops.mean(keras.losses.mean_squared_error(expected, state_action_values))

    batch = {"state": (1.5 * rng.normal(size=(n, obs))).astype(f), "action": rng.integers(0, acts, n),
             "reward": rng.normal(size=n).astype(f), "next_best": rng.normal(size=n).astype(f),
             "done": (rng.random(n) < 0.25).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": hidden.trainable_variables + fc_adv.trainable_variables + fc_val.trainable_variables}
