"""SAC critic: the log-probability is left per action dimension, so the target grows from (n, 1) to (n, k).

Source (real): https://github.com/sunwuzhou03/reinforcement-learning-lab/issues/1 (target size [64, 4], input size
[64, 1]; "shouldn't log_prob be reduced over its dimensions?" - fixed). PyTorch, ported.
Right answer: NOT equivalent. One-sided growth: only the (n, 1) side is repeated; the entropy bonus shrinks to a mean.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'soft_value = b["next_q"] - _ALPHA * log_prob(b["next_act"], b["next_mean"])',
    "same_forward_value": False,
}

_GAMMA, _ALPHA = 0.95, 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 26, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.5 * arr(d + k, 1), name="critic_w")
    c = tf.Variable(0.3 * arr(1), name="critic_b")
    batch = {
        "obs": arr(n, d),
        "act": arr(n, k),
        "rew": arr(n, 1),
        "next_q": arr(n, 1),
        "next_act": arr(n, k),
        "next_mean": 0.5 * arr(n, k),
    }

    def log_prob(act, mean):
        return -0.5 * tf.square(act - mean) - 0.5 * np.log(2.0 * np.pi)

    def reference(b):
        m = b["rew"].shape[0]
        total = 0.0
        for i in range(m):
            entropy_part = _ALPHA * tf.reduce_sum(log_prob(b["next_act"][i], b["next_mean"][i]))
            goal = b["rew"][i, 0] + _GAMMA * (b["next_q"][i, 0] - entropy_part)
            q = tf.concat([b["obs"][i : i + 1], b["act"][i : i + 1]], axis=1) @ w + c
            total += tf.square(q[0, 0] - goal)
        return total / m

    def candidate(b):
        soft_value = b["next_q"] - _ALPHA * log_prob(b["next_act"], b["next_mean"])
        td_target = b["rew"] + _GAMMA * soft_value
        q = tf.concat([b["obs"], b["act"]], axis=1) @ w + c
        return tf.reduce_mean((q - td_target) ** 2)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
