"""Siamese contrastive loss: square root of the squared distance for pairs that coincide.

Source (real): https://github.com/adambielski/siamese-triplet/issues/18 ("some of the distances equal 0 and the derivative
of sqrt(d) is nan") and https://github.com/tensorflow/tensorflow/issues/30199 (triplet loss, whole gradient NaN).
Right answer: NOT equivalent to treating those pairs as constants; same finite loss, NaN in the whole gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "dist = tf.sqrt(tf.reduce_sum(tf.square(one - two), axis=1))",
    "same_forward_value": True,
}

_MARGIN = 1.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb = 22, 5, 3
    tower = keras.layers.Dense(emb, activation="tanh", name="tower", dtype=f)
    tower.build((None, d))
    tower.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in tower.get_weights()])
    one = rng.standard_normal((n, d)).astype(f)
    two = rng.standard_normal((n, d)).astype(f)
    two[3] = one[3]
    two[9] = one[9]
    batch = {"one": one, "two": two, "same": (np.arange(n) % 3 == 0).astype(f)}

    def reference(b):
        m = b["same"].shape[0]
        total = 0.0
        one, two = tower(b["one"]), tower(b["two"])
        for i in range(m):
            if np.array_equal(b["one"][i].numpy(), b["two"][i].numpy()):
                total += (1.0 - b["same"][i]) * _MARGIN**2
                continue
            dist = tf.norm(one[i] - two[i])
            total += b["same"][i] * dist**2 + (1.0 - b["same"][i]) * tf.nn.relu(_MARGIN - dist) ** 2
        return total / m

    def candidate(b):
        one, two = tower(b["one"]), tower(b["two"])
        dist = tf.sqrt(tf.reduce_sum(tf.square(one - two), axis=1))
        pull = b["same"] * tf.square(dist)
        push = (1.0 - b["same"]) * tf.square(tf.maximum(_MARGIN - dist, 0.0))
        return tf.reduce_mean(pull + push)

    return {
        "variables": tower.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
