"""tf.keras.losses.Huber(reduction NONE) already averages over the last axis, so the pairwise (batch, atoms, atoms) Huber loss becomes (batch, atoms) and only lines up with tau because batch == atoms. Source: https://github.com/archsyscall/DistRL-TensorFlow2/issues/1"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "huber_loss = self.huber_loss(target_tile, pred_tile)",
    "same_forward_value": False,
}


class ActionValueModel:
    def __init__(self, state_dim, action_dim, atoms, seed):
        self.action_dim, self.atoms = action_dim, atoms
        self.tau = [(2 * (i - 1) + 1) / (2 * atoms) for i in range(1, atoms + 1)]
        self.huber_loss = tf.keras.losses.Huber(reduction="none")
        self.model = tf.keras.Sequential([
            tf.keras.layers.Dense(16, activation="relu", kernel_initializer=tf.keras.initializers.HeUniform(seed=seed)),
            tf.keras.layers.Dense(action_dim * atoms, kernel_initializer=tf.keras.initializers.HeUniform(seed=seed + 1)),
            tf.keras.layers.Reshape([action_dim, atoms]),
        ])
        self.model.build((None, state_dim))

    def quantile_huber_loss(self, target, pred, actions):
        pred = tf.reduce_sum(pred * tf.expand_dims(actions, -1), axis=1)
        pred_tile = tf.tile(tf.expand_dims(pred, axis=1), [1, self.atoms, 1])
        target_tile = tf.tile(tf.expand_dims(target, axis=2), [1, 1, self.atoms])
        huber_loss = self.huber_loss(target_tile, pred_tile)
        tau = tf.reshape(tf.constant(self.tau, tf.float32), [1, self.atoms])
        inv_tau = 1.0 - tau
        tau = tf.tile(tf.expand_dims(tau, axis=1), [1, self.atoms, 1])
        inv_tau = tf.tile(tf.expand_dims(inv_tau, axis=1), [1, self.atoms, 1])
        error_loss = tf.math.subtract(target_tile, pred_tile)
        loss = tf.where(tf.less(error_loss, 0.0), inv_tau * huber_loss, tau * huber_loss)
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(loss, axis=1), axis=1))


def build(seed=0):
    rng = np.random.default_rng(seed)
    state_dim, action_dim, atoms = 4, 2, 8
    n = atoms
    agent = ActionValueModel(state_dim, action_dim, atoms, seed)

    def reference(batch):
        theta = agent.model(batch["states"])
        theta = tf.reduce_sum(theta * batch["actions"][:, :, None], axis=1)
        u = batch["target_theta"][:, None, :] - theta[:, :, None]
        abs_u = tf.abs(u)
        huber = tf.where(abs_u <= 1.0, 0.5 * u * u, abs_u - 0.5)
        tau = tf.constant(agent.tau, tf.float32)[None, :, None]
        weight = tf.abs(tau - tf.cast(u < 0.0, tf.float32))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * huber, axis=2), axis=1))

    def candidate(batch):
        return agent.quantile_huber_loss(batch["target_theta"], agent.model(batch["states"]), batch["actions"])

    batch = {
        "states": rng.normal(size=(n, state_dim)).astype("float32"),
        "actions": np.eye(action_dim, dtype="float32")[rng.integers(0, action_dim, n)],
        "target_theta": rng.normal(0.5, 1.5, (n, atoms)).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": agent.model.trainable_variables}
