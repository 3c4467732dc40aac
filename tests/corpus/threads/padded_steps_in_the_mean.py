"""Padded sequences: masked absolute errors are averaged over all steps, padding included.

Source (real): https://github.com/tensorflow/tensorflow/issues/34158 and https://github.com/keras-team/keras/issues/15323
(Keras loss under a mask: 0.3333 where 0.5 is expected), https://github.com/tensorflow/tensorflow/issues/39146.
Right answer: NOT equivalent; the gradient has the right direction and is too small by the share of real steps.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(tf.abs(b["y"] - pred) * b["mask"])',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, units = 17, 6, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    gru = keras.layers.GRU(units, return_sequences=True, name="gru", dtype=f)
    head = keras.layers.Dense(1, name="head", dtype=f)
    gru.build((None, t, d))
    head.build((None, t, units))
    for layer in (gru, head):
        layer.set_weights([0.5 * arr(*p.shape) for p in layer.get_weights()])
    length = rng.integers(1, t - 1, n)
    batch = {"x": arr(n, t, d), "y": arr(n, t), "mask": (np.arange(t)[None] < length[:, None]).astype(f)}

    def reference(b):
        pred = head(gru(b["x"]))[..., 0]
        return tf.reduce_sum(tf.abs(b["y"] - pred) * b["mask"]) / tf.reduce_sum(b["mask"])

    def candidate(b):
        pred = head(gru(b["x"]))[..., 0]
        return tf.reduce_mean(tf.abs(b["y"] - pred) * b["mask"])

    return {
        "variables": gru.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
