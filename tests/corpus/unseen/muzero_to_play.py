"""n-step value target of a two-player game: the mover of reward i is read at to_play[index + 1 + i], one move too late.
Source: https://github.com/werner-duvaud/muzero-general/pull/70"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "mover = to_play[index + 1 + i]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    T, td_steps, d, gamma = 8, 3, 5, 0.9
    w1 = tf.Variable(rng.standard_normal((d, 6)) * 0.6, dtype=fx, name="w1")
    w2 = tf.Variable(rng.standard_normal((6, 1)) * 0.6, dtype=fx, name="w2")

    def predict(obs):
        return tf.squeeze(tf.tanh(obs @ w1) @ w2, -1)

    def reference(batch):
        same = tf.cast(batch["player"][:, None] == batch["player"][None, :], batch["reward"].dtype) * 2.0 - 1.0
        gap = np.arange(T)[None, :] - np.arange(T)[:, None]
        disc = np.where((gap >= 0) & (gap < td_steps), gamma ** np.maximum(gap, 0), 0.0).astype(fx)
        z = tf.reduce_sum(same * disc * batch["reward"][None, :], axis=1)
        return tf.reduce_mean(tf.square(predict(batch["obs"]) - z))

    def candidate(batch):
        to_play = tf.concat([batch["player"], 1 - batch["player"][-1:]], axis=0)
        rewards = batch["reward"]
        targets = []
        for index in range(T):
            value = tf.zeros([], rewards.dtype)
            for i in range(min(td_steps, T - index)):
                mover = to_play[index + 1 + i]
                reward = rewards[index + i]
                signed = reward if int(to_play[index]) == int(mover) else -reward
                value += signed * gamma ** i
            targets.append(value)
        target_value = tf.stack(targets)
        return tf.reduce_mean(tf.square(predict(batch["obs"]) - target_value))

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((T, d)).astype(fx),
                      "player": np.array([0, 1, 0, 1, 1, 0, 1, 0]).astype("int32"),
                      "reward": rng.standard_normal(T).astype(fx)},
            "variables": [w1, w2]}
