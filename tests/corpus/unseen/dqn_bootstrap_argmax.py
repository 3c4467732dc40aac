"""DQN with cumulative rewards: the bootstrap at the end of the rollout is argmax (an action number), not the largest Q.
Source: https://github.com/AI4Finance-Foundation/ElegantRL/pull/488"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "next_value = tf.cast(tf.argmax(cri_target(last_state), axis=1), f)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    horizon, envs, obs, acts = 12, 2, 5, 4

    def make(tag):
        return keras.Sequential([keras.Input((obs,)), keras.layers.Dense(9, activation="relu", name=tag + "1"),
                                 keras.layers.Dense(acts, name=tag + "2")])

    cri, cri_target = make("q"), make("t")

    def reference(batch):
        target = [[0.0] * envs for _ in range(horizon)]
        for e in range(envs):
            g = tf.reduce_max(tf.stop_gradient(cri_target(batch["last_state"][0, e:e + 1])))
            for t in reversed(range(horizon)):
                g = batch["reward"][t, e] + batch["mask"][t, e] * g
                target[t][e] = g
        err = 0.0
        for t in range(horizon):
            q = cri(batch["state"][t])
            for e in range(envs):
                err += (q[e, int(batch["action"][t, e])] - target[t][e]) ** 2
        return err / (horizon * envs)

    def candidate(batch):
        def get_cumulative_rewards(rewards, undones, last_state):
            returns = []
            masks = undones
            next_value = tf.cast(tf.argmax(cri_target(last_state), axis=1), f)
            for t in range(horizon - 1, -1, -1):
                next_value = rewards[t] + masks[t] * next_value
                returns.insert(0, next_value)
            return tf.stop_gradient(tf.stack(returns))

        cumulative = get_cumulative_rewards(batch["reward"], batch["mask"], batch["last_state"][0])
        flat = tf.reshape(batch["state"], (-1, obs))
        q_values = tf.reshape(cri(flat), (horizon, envs, acts))
        taken = tf.gather(q_values, batch["action"], axis=2, batch_dims=2)
        return tf.reduce_mean(tf.math.squared_difference(taken, cumulative))

    last = np.repeat(rng.normal(size=(1, envs, obs)), horizon, axis=0)
    batch = {"state": rng.normal(size=(horizon, envs, obs)).astype(f), "last_state": last.astype(f),
             "action": rng.integers(0, acts, (horizon, envs)),
             "reward": (0.3 * rng.normal(size=(horizon, envs))).astype(f),
             "mask": np.full((horizon, envs), 0.97).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": cri.trainable_variables}
