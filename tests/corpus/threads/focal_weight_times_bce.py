"""Focal loss as alpha_t * (1 - p_t)^gamma * BCE-with-logits against the two-branch definition.

Source (real): https://github.com/kuangliu/torchcv/issues/12 ("w is already the focal loss, why is there a
binary_cross_entropy_with_logits?") and https://github.com/mindee/doctr/pull/824 (TensorFlow).
Right answer: EQUIVALENT; the weight is live (no stop_gradient), as in the paper.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_ALPHA, _GAMMA = 0.25, 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, labels = 19, 6, 4
    head = keras.layers.Dense(labels, name="head", dtype=f)
    head.build((None, d))
    head.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in head.get_weights()])
    batch = {"x": rng.standard_normal((n, d)).astype(f), "t": (rng.random((n, labels)) < 0.3).astype(f)}

    def reference(b):
        p = tf.sigmoid(head(b["x"]))
        positive = -_ALPHA * (1 - p) ** _GAMMA * tf.math.log(p)
        negative = -(1 - _ALPHA) * p**_GAMMA * tf.math.log(1 - p)
        return tf.reduce_sum(tf.where(b["t"] > 0.5, positive, negative)) / b["t"].shape[0]

    def candidate(b):
        z, t = head(b["x"]), b["t"]
        p = tf.sigmoid(z)
        p_t = p * t + (1 - p) * (1 - t)
        weight = (_ALPHA * t + (1 - _ALPHA) * (1 - t)) * tf.pow(1 - p_t, _GAMMA)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z)
        return tf.reduce_mean(tf.reduce_sum(weight * bce, axis=-1))

    return {
        "variables": head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
