"""DQN: the bootstrap value of the target network is the index of the best action, not its value.

Source (real): https://github.com/llSourcell/Game-AI/issues/7 (TensorFlow 1, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "q_target_max = tf.cast(tf.argmax(q_target, axis=1), f)",
    "same_forward_value": False,
}

_DISCOUNT = 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, acts = 22, 6, 4
    w = tf.Variable(0.5 * arr(d, acts), name="q_w")
    bias = tf.Variable(0.3 * arr(acts), name="q_b")
    frozen = tf.constant(0.8 * arr(d, acts))
    batch = {
        "state": arr(n, d),
        "new_state": arr(n, d),
        "action": rng.integers(0, acts, n),
        "reward": np.clip(arr(n), -1, 1),
        "terminal": rng.random(n) < 0.25,
    }

    def reference(b):
        rows = tf.range(b["state"].shape[0], dtype=b["action"].dtype)
        chosen = tf.gather_nd(b["state"] @ w + bias, tf.stack([rows, b["action"]], axis=1))
        nxt = tf.sort(b["new_state"] @ frozen, axis=1, direction="DESCENDING")[:, 0]
        y = tf.where(b["terminal"], b["reward"], b["reward"] + _DISCOUNT * nxt)
        return tf.reduce_mean((y - chosen) ** 2)

    def candidate(b):
        q_prediction = b["state"] @ w + bias
        action_mask = tf.one_hot(b["action"], acts, dtype=f)
        q_value = tf.reduce_sum(q_prediction * action_mask, axis=1)
        q_target = b["new_state"] @ frozen
        q_target_max = tf.cast(tf.argmax(q_target, axis=1), f)
        not_done = 1.0 - tf.cast(b["terminal"], f)
        y_target = b["reward"] + not_done * _DISCOUNT * q_target_max
        return tf.reduce_mean(tf.square(y_target - q_value))

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
