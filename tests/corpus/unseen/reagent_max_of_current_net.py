"""DQN without double Q-learning: the bootstrap value is the maximum of the current network instead of the target network.

Source (real): https://github.com/facebookresearch/ReAgent/issues/88 (get_max_q_values_with_target, PyTorch, ported).
Right answer: NOT equivalent; without double_q_learning the maximum has to be taken of the target network's values.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "max_indices_source = q_values",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, actions = 30, 6, 4
    gamma = 0.9
    double_q_learning = False

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_w = tf.Variable(0.6 * arr(d, actions), name="q_network")
    q_b = tf.Variable(0.2 * arr(actions), name="q_bias")
    q_target = tf.constant(0.6 * arr(d, actions))
    batch = {
        "state": arr(n, d),
        "action": rng.integers(0, actions, n),
        "reward": arr(n),
        "next_state": arr(n, d),
        "not_terminal": (rng.random(n) > 0.15).astype(f),
        "possible_next_actions": np.maximum(rng.random((n, actions)) > 0.3, np.arange(actions) == 0).astype(f),
    }

    def reference(b):
        m = b["reward"].shape[0]
        losses = []
        for i in range(m):
            allowed = [k for k in range(actions) if b["possible_next_actions"][i, k] > 0]
            values = [tf.reduce_sum(b["next_state"][i] * q_target[:, k]) for k in allowed]
            y = b["reward"][i] + gamma * b["not_terminal"][i] * tf.reduce_max(tf.stack(values))
            k = int(b["action"][i])
            losses.append((tf.reduce_sum(b["state"][i] * q_w[:, k]) + q_b[k] - y) ** 2)
        return tf.add_n(losses) / m

    def candidate(b):
        def get_max_q_values_with_target(q_values, q_values_target, possible_actions_mask):
            illegal = -1e6 * (1.0 - possible_actions_mask)
            if double_q_learning:
                best = tf.argmax(q_values + illegal, axis=1)
                return tf.gather(q_values_target, best, batch_dims=1)
            max_indices_source = q_values
            return tf.reduce_max(max_indices_source + illegal, axis=1)

        next_q_values = b["next_state"] @ q_w + q_b
        next_q_values_target = b["next_state"] @ q_target
        next_max = get_max_q_values_with_target(next_q_values, next_q_values_target, b["possible_next_actions"])
        target_q_values = tf.stop_gradient(b["reward"] + gamma * b["not_terminal"] * next_max)
        all_q_values = b["state"] @ q_w + q_b
        q_of_action = tf.gather(all_q_values, b["action"], batch_dims=1)
        return tf.reduce_mean(tf.square(q_of_action - target_q_values))

    return {"variables": [q_w, q_b], "batch": batch, "reference": reference, "candidate": candidate}
