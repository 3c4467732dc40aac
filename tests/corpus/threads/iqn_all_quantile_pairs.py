"""Quantile Huber loss of IQN / QR-DQN: targets (n, 1, k) minus predictions (n, k, 1), all pairs.

Source (real): https://github.com/Kchu/DeepRL_PyTorch/issues/1 (warning about [32, 1, 64] against [32, 64, 1]; "this is
not a bug") and https://github.com/thu-ml/tianshou/issues/945. PyTorch, ported.
Right answer: EQUIVALENT; the (n, k, k) growth is the method, levels belong to the axis of the predictions.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 16, 5, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, k))).astype(f), name="quantile_w")
    levels = ((np.arange(k) + 0.5) / k).astype(f)
    batch = {"obs": rng.standard_normal((n, d)).astype(f), "target": (1.5 * rng.standard_normal((n, k))).astype(f)}

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
        u = tf.expand_dims(b["target"], 1) - tf.expand_dims(theta, 2)
        weight = tf.abs(tf.reshape(levels, [1, k, 1]) - tf.cast(u < 0, u.dtype))
        return tf.reduce_mean(tf.reduce_sum(tf.reduce_mean(weight * huber(u), axis=2), axis=1))

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
