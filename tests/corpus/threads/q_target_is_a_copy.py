"""DQN the Keras way: the target is a copy of the prediction with one entry replaced, then MSE over all actions.

Source (real): https://github.com/google-deepmind/dqn/issues/8 (what should the targets of the other actions be?) and
https://github.com/kuz/DeepMind-Atari-Deep-Q-Learner/issues/22 ("an important logical issue", withdrawn: "it is OK").
Right answer: EQUIVALENT to the squared TD error of the chosen action alone; the other entries cancel.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_GAMMA = 0.95


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 28, 6, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, acts))).astype(f), name="q_w")
    frozen = tf.constant((0.7 * rng.standard_normal((d, acts))).astype(f))
    batch = {
        "obs": rng.standard_normal((n, d)).astype(f),
        "next_obs": rng.standard_normal((n, d)).astype(f),
        "act": rng.integers(0, acts, n),
        "rew": rng.standard_normal(n).astype(f),
        "done": (rng.random(n) < 0.2).astype(f),
    }

    def backup(b):
        return b["rew"] + _GAMMA * (1.0 - b["done"]) * tf.reduce_max(b["next_obs"] @ frozen, axis=1)

    def reference(b):
        goal = backup(b)
        m = goal.shape[0]
        total = 0.0
        for i in range(m):
            total += tf.square((b["obs"][i : i + 1] @ w)[0, b["act"][i]] - goal[i])
        return total / m

    def candidate(b):
        pred = b["obs"] @ w
        rows = tf.range(pred.shape[0], dtype=b["act"].dtype)
        where = tf.stack([rows, b["act"]], axis=1)
        labels = tf.tensor_scatter_nd_update(tf.constant(pred.numpy()), where, backup(b))
        return acts * keras.ops.mean(keras.losses.mean_squared_error(labels, pred))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
