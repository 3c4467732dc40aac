"""Siamese contrastive loss: coinciding pairs of the same class, their distance is a square root that is squared again.

Source (real): https://github.com/adambielski/siamese-triplet/issues/18 (PyTorch: "some of the distances equal 0, the
derivative of sqrt(d) is nan"), the same fear in https://github.com/tensorflow/tensorflow/issues/30199.
Right answer: EQUIVALENT here, in TensorFlow: the square sends the gradient 0 into the root, and TensorFlow's gradient
of sqrt returns 0 for an incoming 0 (it does not compute 0 * inf). The unsquared distance is another matter.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

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
