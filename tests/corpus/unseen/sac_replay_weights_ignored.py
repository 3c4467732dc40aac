"""SAC with prioritized replay: the importance weights of the samples are drawn, but the critic loss is a plain mean.

Source (real): https://github.com/ray-project/ray/issues/11591 (rllib sac_torch_policy.py, PyTorch, ported; confirmed as a bug, mended in #12394).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "0.5 * tf.reduce_mean(tf.pow(q_t_selected_target - q_t_selected, 2.0))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, acts = 26, 6, 7, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.5 * arr(d, hid), name="q_hidden")
    w2 = tf.Variable(0.5 * arr(hid, acts), name="q_out")
    batch = {
        "obs": arr(n, d),
        "actions": rng.integers(0, acts, n),
        "target": arr(n),
        "weights": rng.uniform(0.05, 1.0, n).astype(f) ** 2,
    }

    def q_net(x):
        return tf.nn.relu(x @ w1) @ w2

    def reference(b):
        # as in dqn_torch_policy.py / ddpg_torch_policy.py
        q = q_net(b["obs"])
        td = tf.reduce_sum(q * tf.one_hot(b["actions"], acts, dtype=q.dtype), axis=-1) - b["target"]
        per_sample = 0.5 * tf.square(td)
        return tf.reduce_sum(b["weights"] * per_sample) / tf.cast(tf.size(per_sample), q.dtype)

    def candidate(b):
        q_t = q_net(b["obs"])
        one_hot = tf.one_hot(b["actions"], acts, dtype=q_t.dtype)
        q_t_selected = tf.reduce_sum(q_t * one_hot, -1)
        q_t_selected_target = b["target"]
        td_error = tf.abs(tf.stop_gradient(q_t_selected_target - q_t_selected))
        critic_loss = [
            0.5 * tf.reduce_mean(tf.pow(q_t_selected_target - q_t_selected, 2.0))
        ]
        priorities = td_error * b["weights"]
        tf.debugging.assert_non_negative(priorities)
        return tf.add_n(critic_loss)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
