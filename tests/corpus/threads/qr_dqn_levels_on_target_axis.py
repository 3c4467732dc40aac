"""Quantile Huber loss: the levels (k,) align with the targets' axis of (n, k, k), not with the predictions'.

Source (real): https://github.com/BY571/QR-DQN/issues/1 (a one-dimensional tensor against a three-dimensional one, "the
automatical broadcasting way is wrong", quantiles lose their order). PyTorch, ported.
Right answer: NOT equivalent; nothing grows beyond (n, k, k), only the alignment is wrong.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "weight = tf.abs(levels - tf.cast(u < 0, u.dtype))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 17, 5, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, k))).astype(f), name="quantile_w")
    levels = ((np.arange(k) + 0.5) / k).astype(f)
    goal = np.sort(1.5 * rng.standard_normal((n, k)), axis=1)
    batch = {"obs": rng.standard_normal((n, d)).astype(f), "target": goal.astype(f)}

    def huber(u):
        return tf.where(tf.abs(u) <= 1.0, 0.5 * tf.square(u), tf.abs(u) - 0.5)

    def reference(b):
        theta = b["obs"] @ w
        total = 0.0
        for i in range(k):
            for j in range(k):
                u = b["target"][:, j] - theta[:, i]
                total += tf.reduce_mean(tf.where(u < 0, (1.0 - levels)[i], levels[i]) * huber(u)) / k
        return total

    def candidate(b):
        theta = b["obs"] @ w
        u = b["target"][:, None, :] - theta[:, :, None]
        weight = tf.abs(levels - tf.cast(u < 0, u.dtype))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * huber(u), axis=2), axis=1))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
