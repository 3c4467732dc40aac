"""Gaussian policy: the bounds of clip_by_value for log_std are given as (max, min).

Source (real): https://github.com/tensorforce/tensorforce/issues/161 (TensorFlow; "min > max; leads to constant
log_stddev"), https://github.com/keras-team/keras/pull/734 ("the right order is min, max").
Right answer: NOT equivalent; log_std is a constant, its head gets exactly zero gradient, the mean's gradient is scaled.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'log_std = tf.clip_by_value(std_head(b["obs"]), _LOG_STD_MAX, _LOG_STD_MIN)',
    "same_forward_value": False,
}

_LOG_STD_MIN, _LOG_STD_MAX = -5.0, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, acts = 18, 5, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    mean_head = keras.layers.Dense(acts, name="mean_head", dtype=f)
    std_head = keras.layers.Dense(acts, name="log_std_head", dtype=f)
    for layer in (mean_head, std_head):
        layer.build((None, d))
        layer.set_weights([0.3 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"obs": arr(n, d), "act": arr(n, acts), "adv": arr(n)}

    def negative_log_prob(act, mean, log_std):
        return tf.reduce_sum(0.5 * tf.square((act - mean) * tf.exp(-log_std)) + log_std, axis=-1)

    def reference(b):
        m = b["adv"].shape[0]
        total = 0.0
        for i in range(m):
            x = b["obs"][i : i + 1]
            bounded = tf.minimum(tf.maximum(std_head(x), _LOG_STD_MIN), _LOG_STD_MAX)
            total += negative_log_prob(b["act"][i : i + 1], mean_head(x), bounded)[0] * b["adv"][i]
        return total / m

    def candidate(b):
        log_std = tf.clip_by_value(std_head(b["obs"]), _LOG_STD_MAX, _LOG_STD_MIN)
        nlp = negative_log_prob(b["act"], mean_head(b["obs"]), log_std)
        return tf.reduce_mean(nlp * b["adv"])

    return {
        "variables": mean_head.trainable_variables + std_head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
