"""Label smoothing without smoothed labels: logsumexp - (1 - s) * score - s * mean(logits).

Source (real): https://github.com/ml-explore/mlx/pull/166 (review: "are you basing this off a reference?") and
https://github.com/eladhoffer/utils.pytorch/issues/14. MLX, ported.
Right answer: EQUIVALENT to Keras' categorical_crossentropy(label_smoothing=s) on logits.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_S = 0.15


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 21, 5, 6
    w = tf.Variable((0.8 * rng.standard_normal((d, classes))).astype(f), name="head_w")
    c = tf.Variable((0.2 * rng.standard_normal(classes)).astype(f), name="head_b")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    def logits_of(b):
        return tf.nn.bias_add(b["x"] @ w, c)

    def reference(b):
        hot = tf.one_hot(b["y"], classes, dtype=b["x"].dtype)
        each = keras.losses.categorical_crossentropy(hot, logits_of(b), from_logits=True, label_smoothing=_S)
        return tf.reduce_mean(each)

    def candidate(b):
        logits = logits_of(b)
        score = tf.squeeze(tf.gather(logits, b["y"][:, None], axis=1, batch_dims=1), axis=1)
        smooth = -tf.reduce_mean(logits, axis=-1) * _S
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=-1) - (1.0 - _S) * score + smooth)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
