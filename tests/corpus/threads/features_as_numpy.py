"""Two-part model: the features leave TensorFlow as a NumPy array before the head is applied.

Source (real): https://github.com/tensorflow/tensorflow/issues/20630 (model.predict returns an ndarray; "TensorFlow
cannot differentiate through numpy conversions") and https://github.com/SciSharp/TensorFlow.NET/issues/1197.
Right answer: NOT equivalent; same value, the head's gradient is right, the extractor's gradients are None.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'features = np.asarray(extractor(b["x"]))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, chan, classes = 15, 6, 2, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    extractor = keras.layers.Conv1D(4, 3, activation="relu", name="extractor", dtype=f)
    head = keras.layers.Dense(classes, name="head", dtype=f)
    extractor.build((None, hgt, chan))
    head.build((None, 4))
    for layer in (extractor, head):
        layer.set_weights([0.6 * arr(*p.shape) for p in layer.get_weights()])
    batch = {"x": arr(n, hgt, chan), "y": rng.integers(0, classes, n)}
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def reference(b):
        pooled = tf.reduce_mean(extractor(b["x"]), axis=1)
        return entropy(b["y"], head(pooled))

    def candidate(b):
        features = np.asarray(extractor(b["x"]))
        pooled = tf.convert_to_tensor(features.mean(axis=1))
        return entropy(b["y"], head(pooled))

    return {
        "variables": extractor.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
