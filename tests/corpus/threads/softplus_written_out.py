"""Forward-forward goodness: log(1 + exp(goodness - threshold)) with unbounded goodness.

Source (real): https://github.com/mpezeshki/pytorch_forward_forward/issues/10 (log(1 + exp(.)) written out where the
paper has a logistic function). PyTorch, ported.
Right answer: NOT equivalent; exp overflows, the loss is infinite and the gradient NaN (in float64 too, above 709).
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "each = tf.math.log(1.0 + tf.exp(gap))",
    "same_forward_value": False,
}

_THRESHOLD = 2.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid = 16, 6, 5
    layer = keras.layers.Dense(hid, activation="relu", name="ff_layer", dtype=f)
    layer.build((None, d))
    layer.set_weights([(40.0 * rng.standard_normal(p.shape)).astype(f) for p in layer.get_weights()])
    batch = {"pos": rng.standard_normal((n, d)).astype(f), "neg": rng.standard_normal((n, d)).astype(f)}

    def goodness(x):
        return tf.reduce_mean(tf.square(layer(x)), axis=1)

    def reference(b):
        positive = tf.nn.softplus(_THRESHOLD - goodness(b["pos"]))
        negative = tf.nn.softplus(goodness(b["neg"]) - _THRESHOLD)
        return 0.5 * (tf.reduce_mean(positive) + tf.reduce_mean(negative))

    def candidate(b):
        gap = tf.concat([_THRESHOLD - goodness(b["pos"]), goodness(b["neg"]) - _THRESHOLD], axis=0)
        each = tf.math.log(1.0 + tf.exp(gap))
        return tf.reduce_mean(each)

    return {
        "variables": layer.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
