"""MuZero's dynamics() scales the next encoded state to [0, 1] but takes the wrong tensor's
elements in the numerator.
Source: https://github.com/werner-duvaud/muzero-general/issues/16"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'state = (state - low) / span',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, obs_dim, enc, n_act, unroll = 4, 5, 4, 3, 3
    w_rep = tf.Variable((rng.standard_normal((obs_dim, enc)) * 0.6).astype(fx), name="w_rep")
    w_dyn = tf.Variable((rng.standard_normal((enc + n_act, enc)) * 0.6).astype(fx), name="w_dyn")
    w_rew = tf.Variable((rng.standard_normal((enc + n_act, 1)) * 0.6).astype(fx), name="w_rew")
    w_val = tf.Variable((rng.standard_normal((enc, 1)) * 0.6).astype(fx), name="w_val")

    def unit_scale(x):
        lo = tf.reduce_min(x, axis=1, keepdims=True)
        hi = tf.reduce_max(x, axis=1, keepdims=True)
        return (x - lo) / (hi - lo + 1e-5)

    def reference(batch):
        s = unit_scale(tf.matmul(batch["obs"], w_rep))
        loss = tf.reduce_mean((tf.matmul(s, w_val)[:, 0] - batch["values"][:, 0]) ** 2)
        for k in range(unroll):
            x = tf.concat([s, tf.one_hot(batch["actions"][:, k], n_act, dtype=fx)], axis=1)
            r = tf.matmul(x, w_rew)[:, 0]
            s = unit_scale(tf.tanh(tf.matmul(x, w_dyn)))
            v = tf.matmul(s, w_val)[:, 0]
            m = batch["mask"][:, k]
            loss += tf.reduce_mean(m * ((r - batch["rewards"][:, k]) ** 2 + (v - batch["values"][:, k + 1]) ** 2)) / unroll
        return loss

    def candidate(batch):
        encoded = tf.matmul(batch["obs"], w_rep)
        low = tf.reduce_min(encoded, axis=1, keepdims=True)
        state = (encoded - low) / (tf.reduce_max(encoded, axis=1, keepdims=True) - low + 1e-5)
        values, rewards = [tf.matmul(state, w_val)], []
        for k in range(unroll):
            action = tf.one_hot(batch["actions"][:, k], n_act, dtype=fx)
            x = tf.concat([state, action], axis=-1)
            next_state = tf.tanh(tf.matmul(x, w_dyn))
            low = tf.reduce_min(next_state, axis=1, keepdims=True)
            span = tf.reduce_max(next_state, axis=1, keepdims=True) - low + 1e-5
            state = (state - low) / span
            rewards.append(tf.matmul(x, w_rew))
            values.append(tf.matmul(state, w_val))
        values = tf.concat(values, axis=1)
        value_err = tf.square(values - batch["values"])
        reward_err = tf.square(tf.concat(rewards, axis=1) - batch["rewards"])
        recurrent = tf.reduce_sum((reward_err + value_err[:, 1:]) * batch["mask"], axis=1) / unroll
        return tf.reduce_mean(value_err[:, 0] + recurrent)

    return {"reference": reference, "candidate": candidate,
            "batch": {"obs": rng.standard_normal((n, obs_dim)).astype(fx),
                      "actions": rng.integers(0, n_act, (n, unroll)).astype("int32"),
                      "rewards": rng.standard_normal((n, unroll)).astype(fx),
                      "values": rng.standard_normal((n, unroll + 1)).astype(fx),
                      "mask": np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]]).astype(fx)},
            "variables": [w_rep, w_dyn, w_rew, w_val]}
