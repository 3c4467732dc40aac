"""DQN: next_q.detach() is called and its result is thrown away. next_q comes from the separate target network, which is
not trained by this loss, so that the gradient of the Q-network is right.
Source: https://github.com/oreilly-japan/deep-learning-from-scratch-4/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts, gamma = 23, 4, 3, 0.98

    def qnet_factory(tag):
        return keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="relu", name=tag + "l1"),
                                 keras.layers.Dense(acts, name=tag + "l2")])

    qnet, qnet_target = qnet_factory("on"), qnet_factory("off")

    def reference(batch):
        total = 0.0
        for i in range(n):
            y = batch["reward"][i]
            if not bool(batch["done"][i]):
                y += gamma * tf.stop_gradient(tf.reduce_max(qnet_target(batch["next_state"][i:i + 1])))
            total += (y - qnet(batch["state"][i:i + 1])[0, int(batch["action"][i])]) ** 2
        return total / n

    def candidate(batch):
        class DQNAgent:
            def update(self, state, action, reward, next_state, done):
                qs = qnet(state)
                q = tf.gather_nd(qs, tf.stack([tf.range(n, dtype=action.dtype), action], axis=1))
                next_qs = qnet_target(next_state)
                next_q = tf.reduce_max(next_qs, axis=1)
                tf.stop_gradient(next_q)
                target = reward + (1 - tf.cast(done, f)) * gamma * next_q
                return keras.losses.MeanSquaredError()(target, q)

        return DQNAgent().update(*(batch[k] for k in ("state", "action", "reward", "next_state", "done")))

    batch = {"state": rng.normal(size=(n, obs)).astype(f), "action": rng.integers(0, acts, n),
             "reward": rng.normal(size=n).astype(f), "next_state": rng.normal(size=(n, obs)).astype(f),
             "done": rng.random(n) < 0.2}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": qnet.trainable_variables}
