"""Sequence tagging with an LSTM: errors masked by tf.where, divided by the number of real steps, or boolean_mask.

Source (real): https://github.com/tensorflow/tensorflow/issues/26784 (SUM_OVER_NONZERO_WEIGHTS wanted for padded
sequences) and https://github.com/tensorflow/tensorflow/issues/39146.
Right answer: EQUIVALENT; the recurrence runs over the padding on both sides, but no loss is taken there.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, units = 14, 5, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    lstm = keras.layers.LSTM(units, return_sequences=True, name="lstm", dtype=f)
    head = keras.layers.Dense(1, name="head", dtype=f)
    lstm.build((None, t, d))
    head.build((None, t, units))
    for layer in (lstm, head):
        layer.set_weights([0.5 * arr(*p.shape) for p in layer.get_weights()])
    length = rng.integers(1, t + 1, n)
    batch = {"x": arr(n, t, d), "y": arr(n, t), "real": np.arange(t)[None] < length[:, None]}

    def errors(b):
        return tf.square(head(lstm(b["x"]))[..., 0] - b["y"])

    def reference(b):
        return tf.reduce_mean(tf.boolean_mask(errors(b), b["real"]))

    def candidate(b):
        err = errors(b)
        kept = tf.where(b["real"], err, tf.zeros_like(err))
        return tf.reduce_sum(kept) / tf.cast(tf.math.count_nonzero(b["real"]), err.dtype)

    return {
        "variables": lstm.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
