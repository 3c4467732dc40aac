"""Focal loss on probabilities clipped to [1e-7, 1 - 1e-7]: confident mistakes lose their gradient.

Source (real): https://github.com/tensorflow/addons/issues/693 ("lost gradient after clipping in focal loss?").
Right answer: NOT equivalent with large logits; the samples that are wrong and saturated, which matter most, get
gradient zero; the others agree.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'y_pred = tf.clip_by_value(tf.sigmoid(head(b["x"])), _EPS, 1.0 - _EPS)',
    "same_forward_value": False,
}

_GAMMA, _EPS = 2.0, 1e-7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 32, 5
    head = keras.layers.Dense(1, name="head", dtype=f)
    head.build((None, d))
    head.set_weights([(14.0 * rng.standard_normal(p.shape)).astype(f) for p in head.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": (rng.random((n, 1)) < 0.5).astype(f)}

    def reference(b):
        signed = (2.0 * b["y"] - 1.0) * head(b["x"])
        return tf.reduce_mean(tf.sigmoid(-signed) ** _GAMMA * tf.nn.softplus(-signed))

    def candidate(b):
        y_pred = tf.clip_by_value(tf.sigmoid(head(b["x"])), _EPS, 1.0 - _EPS)
        p_t = b["y"] * y_pred + (1.0 - b["y"]) * (1.0 - y_pred)
        return tf.reduce_mean(-((1.0 - p_t) ** _GAMMA) * tf.math.log(p_t))

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
