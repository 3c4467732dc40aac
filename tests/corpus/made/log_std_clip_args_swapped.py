"""Behaviour cloning with a Gaussian policy: the bounds of clip_by_value are passed in the wrong order, so log_std is
the constant upper bound.

Source: realistic (LOG_STD_MAX and LOG_STD_MIN swapped; TensorFlow raises nothing).
Right answer: NOT equivalent; the log_std head's gradient is exactly zero and the mean's is scaled by the fixed variance.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "log_std = tf.clip_by_value(head[..., acts:], LOG_STD_MAX, LOG_STD_MIN)",
    "same_forward_value": False,
}

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 27, 5, 3
    w_mu = tf.Variable((0.6 * rng.standard_normal((d, acts))).astype(f), name="mu_head")
    w_ls = tf.Variable((0.4 * rng.standard_normal((d, acts))).astype(f), name="log_std_head")
    batch = {"obs": rng.standard_normal((n, d)).astype(f), "act": rng.standard_normal((n, acts)).astype(f)}

    def reference(b):
        m = b["obs"].shape[0]
        total = 0.0
        for i in range(m):
            o = b["obs"][i : i + 1]
            mu, ls = o @ w_mu, tf.minimum(tf.maximum(o @ w_ls, LOG_STD_MIN), LOG_STD_MAX)
            total += tf.reduce_sum(0.5 * tf.square((b["act"][i] - mu) / tf.exp(ls)) + ls)
        return total / m

    def candidate(b):
        head = tf.concat([b["obs"] @ w_mu, b["obs"] @ w_ls], axis=-1)
        mu = head[..., :acts]
        log_std = tf.clip_by_value(head[..., acts:], LOG_STD_MAX, LOG_STD_MIN)
        inv_var = tf.exp(-2.0 * log_std)
        nll = 0.5 * tf.math.squared_difference(b["act"], mu) * inv_var + log_std
        return tf.reduce_mean(tf.reduce_sum(nll, axis=-1))

    return {"variables": [w_mu, w_ls], "batch": batch, "reference": reference, "candidate": candidate}
