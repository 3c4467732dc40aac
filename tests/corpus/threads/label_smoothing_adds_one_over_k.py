"""Knowledge graph completion: smoothed labels are (1 - s) * y + 1 / k instead of (1 - s) * y + s / k.

Source (real): https://github.com/TimDettmers/ConvE/issues/55 ("yes, you are correct, thank you for reporting this").
PyTorch, ported.
Right answer: NOT equivalent; the uniform part lacks the factor s.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'e2_multi = (1.0 - _SMOOTHING) * b["e2"] + 1.0 / entities',
    "same_forward_value": False,
}

_SMOOTHING = 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, entities, relations, emb = 26, 9, 4, 3
    ent = tf.Variable((0.7 * rng.standard_normal((entities, emb))).astype(f), name="entity_table")
    rel = tf.Variable((0.7 * rng.standard_normal((relations, emb))).astype(f), name="relation_table")
    bias = tf.Variable((0.3 * rng.standard_normal(entities) - 1.5).astype(f), name="entity_bias")
    batch = {
        "e1": rng.integers(0, entities, n),
        "rel": rng.integers(0, relations, n),
        "e2": (rng.random((n, entities)) < 0.25).astype(f),
    }

    def scores(b):
        pair = tf.gather(ent, b["e1"]) * tf.gather(rel, b["rel"])
        return tf.matmul(pair, ent, transpose_b=True) + bias

    def reference(b):
        z = scores(b)
        total = 0.0
        for k in range(entities):
            y = b["e2"][:, k] * (1.0 - _SMOOTHING) + _SMOOTHING / entities
            total += tf.reduce_mean(y * tf.nn.softplus(-z[:, k]) + (1.0 - y) * tf.nn.softplus(z[:, k]))
        return total / entities

    def candidate(b):
        e2_multi = (1.0 - _SMOOTHING) * b["e2"] + 1.0 / entities
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=e2_multi, logits=scores(b)))

    return {"variables": [ent, rel, bias], "batch": batch, "reference": reference, "candidate": candidate}
