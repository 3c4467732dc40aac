"""CQL-DQN penalty subtracts the mean of Q over all actions instead of Q of the actions taken in the data set. Source: https://github.com/BY571/CQL/issues/5"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "cql1_loss = tf.reduce_mean(tf.reduce_logsumexp(Q_a_s, axis=1)) - tf.reduce_mean(Q_a_s)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, state_size, action_size, gamma = 10, 6, 4, 0.99

    def make_ddqn(s):
        x = tf.keras.Input((state_size,))
        h = tf.keras.layers.Dense(24, activation="relu", kernel_initializer=tf.keras.initializers.HeNormal(seed=s))(x)
        value = tf.keras.layers.Dense(1, kernel_initializer=tf.keras.initializers.HeNormal(seed=s + 1))(h)
        advantage = tf.keras.layers.Dense(action_size, kernel_initializer=tf.keras.initializers.HeNormal(seed=s + 2))(h)
        return tf.keras.Model(x, [value, advantage])

    net, target_net = make_ddqn(seed), make_ddqn(seed + 10)

    def q_values(model, states):
        value, advantage = model(states)
        return value + advantage - tf.reduce_mean(advantage, axis=1, keepdims=True)

    def bellman_target(batch):
        Q_targets_next = tf.reduce_max(q_values(target_net, batch["next_states"]), axis=1, keepdims=True)
        return tf.stop_gradient(batch["rewards"] + gamma * Q_targets_next * (1 - batch["dones"]))

    def reference(batch):
        q = q_values(net, batch["states"])
        data_q = tf.reduce_sum(q * tf.one_hot(tf.squeeze(batch["actions"], 1), action_size), axis=1)
        gap = tf.reduce_logsumexp(q, axis=1) - data_q
        td = data_q - tf.squeeze(bellman_target(batch), 1)
        return tf.reduce_mean(gap) + 0.5 * tf.reduce_mean(td * td)

    def candidate(batch):
        Q_targets = bellman_target(batch)
        Q_a_s = q_values(net, batch["states"])
        Q_expected = tf.gather(Q_a_s, batch["actions"], axis=1, batch_dims=1)
        cql1_loss = tf.reduce_mean(tf.reduce_logsumexp(Q_a_s, axis=1)) - tf.reduce_mean(Q_a_s)
        bellman_error = tf.reduce_mean(tf.square(Q_expected - Q_targets))
        return cql1_loss + 0.5 * bellman_error

    batch = {
        "states": rng.normal(size=(n, state_size)).astype("float32"),
        "next_states": rng.normal(size=(n, state_size)).astype("float32"),
        "actions": rng.integers(0, action_size, (n, 1)).astype("int32"),
        "rewards": rng.normal(size=(n, 1)).astype("float32"),
        "dones": (rng.random((n, 1)) < 0.2).astype("float32"),
    }
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": net.trainable_variables}
