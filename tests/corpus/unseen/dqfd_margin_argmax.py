"""DQfD: the large margin loss maximises Q + margin over the actions; here the maximising action is chosen by Q alone.
Source: https://github.com/medipixel/rl_algorithms/pull/100"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'pred_actions = tf.argmax(q_values, axis=1)',
    "same_forward_value": False,
}


MARGIN, GAMMA = 0.8, 0.9


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, obs, acts = 16, 6, 5
    dqn = keras.Sequential([keras.Input((obs,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(acts)])
    states = rng.standard_normal((n, obs)).astype(f)
    demo = np.argmax(keras.ops.convert_to_numpy(dqn(states)), axis=1)
    demo[::4] = rng.integers(0, acts, len(demo[::4]))
    batch = {
        "states": states,
        "actions": demo,
        "rewards": rng.standard_normal(n).astype(f),
        "next_q": rng.standard_normal((n, acts)).astype(f),
        "is_demo": (np.arange(n) % 3 > 0).astype(f),
    }

    def reference(b):
        q = dqn(b["states"])
        expert = tf.one_hot(b["actions"], acts, dtype=f)
        q_e = tf.reduce_sum(q * expert, axis=1)
        j_e = tf.reduce_max(q + MARGIN * (1 - expert), axis=1) - q_e
        td = b["rewards"] + GAMMA * tf.reduce_max(b["next_q"], axis=1) - q_e
        return tf.reduce_mean(tf.square(td)) + tf.reduce_sum(b["is_demo"] * j_e) / tf.reduce_sum(b["is_demo"])

    def candidate(b):
        q_values = dqn(b["states"])
        curr_q_value = tf.gather(q_values, b["actions"], batch_dims=1)

        def get_dqn_loss():
            target = b["rewards"] + GAMMA * keras.ops.max(b["next_q"], axis=1)
            return keras.ops.mean((target - curr_q_value) ** 2)

        # supervised loss using demo
        margin = np.full((acts, acts), MARGIN, f)
        np.fill_diagonal(margin, 0.0)
        margin_values = tf.gather(tf.constant(margin), b["actions"])
        pred_actions = tf.argmax(q_values, axis=1)
        best = tf.gather(q_values + margin_values, pred_actions, batch_dims=1)
        supervised_loss = tf.boolean_mask(best - curr_q_value, b["is_demo"] > 0)
        return get_dqn_loss() + keras.ops.mean(supervised_loss)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": dqn.trainable_variables}
