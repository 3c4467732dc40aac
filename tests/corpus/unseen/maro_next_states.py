"""MARO MADDPG: the target critic evaluates the next joint action in the present states.
Source: https://github.com/microsoft/maro/pull/413"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'next_q_values = critic(batch["states"], next_action_tensor, target_w, target_v)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, m, k, A, h = 6, 2, 5, 3, 6
    gamma = 0.9
    critic_w = tf.Variable(normal(k + m * A, h, scale=0.6), name="critic_w")
    critic_v = tf.Variable(normal(h, 1), name="critic_v")
    target_w, target_v = normal(k + m * A, h, scale=0.6), normal(h, 1, scale=2.0)
    actors = normal(m, k, A)

    def reference(batch):
        def joint(s, acts):
            return tf.concat([s] + [tf.one_hot(acts[:, i], A, dtype=s.dtype) for i in range(m)], axis=-1)
        nxt = tf.stack([tf.argmax(batch["next_states"] @ actors[i], -1) for i in range(m)], axis=1)
        y = tf.tanh(joint(batch["next_states"], nxt) @ target_w) @ target_v
        y = batch["rewards"] + gamma * (1.0 - batch["terminals"]) * y[:, 0]
        q = tf.tanh(joint(batch["states"], batch["actions"]) @ critic_w) @ critic_v
        return tf.reduce_mean(tf.square(q[:, 0] - tf.stop_gradient(y)))

    def candidate(batch):
        def critic(states, actions, kernel, readout):
            onehot = tf.one_hot(actions, A, dtype=states.dtype)
            flat = tf.reshape(onehot, (-1, m * A))
            return tf.squeeze(tf.tanh(tf.concat([states, flat], axis=1) @ kernel) @ readout, axis=1)

        next_actions = []
        for agent in range(m):
            logits = tf.matmul(batch["next_states"], actors[agent])
            next_actions.append(tf.argmax(logits, axis=-1))
        next_action_tensor = tf.stack(next_actions, axis=-1)
        next_q_values = critic(batch["states"], next_action_tensor, target_w, target_v)
        target_q = batch["rewards"] + gamma * (1 - batch["terminals"]) * next_q_values
        q_values = critic(batch["states"], batch["actions"], critic_w, critic_v)
        return keras.losses.MeanSquaredError()(tf.stop_gradient(target_q), q_values)

    return {"reference": reference, "candidate": candidate,
            "batch": {"states": normal(n, k), "next_states": normal(n, k), "actions": rng.integers(0, A, (n, m)),
                      "rewards": normal(n), "terminals": np.zeros(n, floatx)},
            "variables": [critic_w, critic_v]}
