"""Gaussian policy trained by weighted regression: the bounds of clip_by_value are in the wrong order.

Origin (realistic): LOG_STD_MAX, LOG_STD_MIN passed as (min, max).
Right answer: NOT equivalent; the log standard deviation is the constant 2 and its weights get an exactly zero gradient.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'log_std = tf.clip_by_value(b["obs"] @ ws, _LOG_STD_MAX, _LOG_STD_MIN)',
    "same_forward_value": False,
}

_LOG_STD_MIN, _LOG_STD_MAX = -5.0, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 36, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wm = tf.Variable(0.6 * arr(d, acts), name="mean_w")
    ws = tf.Variable(0.2 * arr(d, acts), name="log_std_w")
    batch = {"obs": arr(n, d), "act": arr(n, acts), "adv": 0.5 * arr(n)}

    def reference(b):
        m = b["adv"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["obs"][i : i + 1]
            mu, ls = (x @ wm)[0], (x @ ws)[0]
            for a in range(acts):
                z = (b["act"][i, a] - mu[a]) / tf.exp(ls[a])
                total += tf.exp(b["adv"][i]) * (0.5 * tf.square(z) + ls[a])
        return total / m

    def candidate(b):
        mean = b["obs"] @ wm
        log_std = tf.clip_by_value(b["obs"] @ ws, _LOG_STD_MAX, _LOG_STD_MIN)
        nll = tf.reduce_sum(
            0.5 * tf.square((b["act"] - mean) * tf.exp(-log_std)) + log_std,
            axis=-1,
        )
        return tf.reduce_mean(tf.exp(b["adv"]) * nll)

    return {"variables": [wm, ws], "batch": batch, "reference": reference, "candidate": candidate}
