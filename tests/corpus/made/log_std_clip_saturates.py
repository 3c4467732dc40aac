"""Gaussian behaviour cloning / SAC policy head: LOG_STD_MAX is -2 instead of 2, all log-stds sit on the bound.

Source (realistic): the usual SAC bounds LOG_STD_MIN, LOG_STD_MAX = -20, 2 (or -5, 2) mistyped; "policy std never
changes" threads.
Right answer: NOT equivalent; the log-std head is connected, but its gradient is exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "log_std = tf.clip_by_value(log_std, -20.0, -2.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 26, 5, 3
    mean_w = tf.Variable((0.5 * rng.standard_normal((d, acts))).astype(f), name="mean_w")
    std_w = tf.Variable((0.3 * rng.standard_normal((d, acts))).astype(f), name="log_std_w")
    std_b = tf.Variable(np.full(acts, -0.3, f), name="log_std_b")
    obs = np.clip(rng.standard_normal((n, d)), -1.0, 1.0)
    batch = {
        "obs": (0.5 * obs).astype(f),
        "act": rng.standard_normal((n, acts)).astype(f),
        "weight": rng.uniform(0.2, 2.0, n).astype(f),
    }

    def reference(b):
        m = b["act"].shape[0]
        total = 0.0
        for i in range(m):
            o = b["obs"][i : i + 1]
            ls = (o @ std_w + std_b)[0]
            z = (b["act"][i] - (o @ mean_w)[0]) / tf.exp(ls)
            total += b["weight"][i] * tf.reduce_sum(0.5 * tf.square(z) + ls)
        return total / m

    def candidate(b):
        mean, log_std = b["obs"] @ mean_w, b["obs"] @ std_w + std_b
        log_std = tf.clip_by_value(log_std, -20.0, -2.0)
        z = (b["act"] - mean) * tf.exp(-log_std)
        nll = tf.reduce_sum(0.5 * z * z + log_std, axis=-1)
        return tf.reduce_mean(b["weight"] * nll)

    return {"variables": [mean_w, std_w, std_b], "batch": batch, "reference": reference, "candidate": candidate}
