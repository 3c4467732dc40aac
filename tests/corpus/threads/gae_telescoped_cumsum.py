"""GAE with gamma = lambda = 1: reward-to-go by a reversed cumulative sum, minus the value.

Source (real): https://github.com/NVIDIA-NeMo/RL/pull/4156 ("vectorize GAE when gamma and lambda are one": the deltas
telescope; the reviewers checked it against the recurrence). PyTorch, ported.
Right answer: EQUIVALENT; the values of later steps cancel in the sum, and so do their gradients.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, steps, d = 15, 6, 4
    w = tf.Variable((0.5 * rng.standard_normal((d, 1))).astype(f), name="value_w")
    c = tf.Variable((0.2 * rng.standard_normal(1)).astype(f), name="value_b")
    batch = {
        "obs": rng.standard_normal((n, steps, d)).astype(f),
        "rew": rng.standard_normal((n, steps)).astype(f),
    }

    def values(b):
        return tf.squeeze(tf.tensordot(b["obs"], w, 1) + c, axis=2)

    def reference(b):
        val = values(b)
        later, adv, total = tf.zeros_like(val[:, 0]), tf.zeros_like(val[:, 0]), 0.0
        for s in reversed(range(steps)):
            adv = b["rew"][:, s] + later - val[:, s] + adv
            later = val[:, s]
            total += tf.reduce_sum(tf.square(adv))
        return 0.5 * total / (val.shape[0] * steps)

    def candidate(b):
        to_go = tf.cumsum(b["rew"], axis=1, reverse=True)
        return 0.5 * tf.reduce_mean((to_go - values(b)) ** 2)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
