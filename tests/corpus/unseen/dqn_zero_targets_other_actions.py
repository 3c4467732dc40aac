"""Keras DQN replay: the target matrix starts from zeros, so that the Q of every action not taken is pulled to 0;
it should start from the present predictions.
Source: https://github.com/PacktPublishing/Tensorflow-2-Reinforcement-Learning-Cookbook/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "targets = tf.zeros((n, action_dim), dtype=f)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, action_dim, gamma = 22, 5, 3, 0.95

    def mk(tag):
        return keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="relu", name=tag + "a"),
                                 keras.layers.Dense(action_dim, name=tag + "b")])

    model, target_model = mk("m"), mk("t")

    def reference(batch):
        picked = tf.gather(model(batch["s"]), batch["a"], batch_dims=1)
        best = tf.reduce_max(target_model(batch["s2"]), axis=1)
        y = tf.stop_gradient(batch["r"] + gamma * best * (1 - batch["done"]))
        return tf.reduce_mean((picked - y) ** 2) / action_dim

    def candidate(batch):
        class Agent:
            def __init__(self):
                self.model, self.target_model = model, target_model

            def replay_targets(self):
                next_q_values = keras.ops.max(self.target_model(batch["s2"]), axis=1)
                td = batch["r"] + (1 - batch["done"]) * next_q_values * gamma
                targets = tf.zeros((n, action_dim), dtype=f)
                where = tf.stack([tf.range(n, dtype=batch["a"].dtype), batch["a"]], axis=1)
                return tf.stop_gradient(tf.tensor_scatter_nd_update(targets, where, td))

            def fit(self):
                return keras.losses.MeanSquaredError()(self.replay_targets(), self.model(batch["s"]))

        return Agent().fit()

    batch = {"s": (1.5 * rng.normal(size=(n, obs))).astype(f), "a": rng.integers(0, action_dim, n),
             "r": rng.normal(size=n).astype(f), "s2": rng.normal(size=(n, obs)).astype(f),
             "done": (rng.random(n) < 0.2).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}
