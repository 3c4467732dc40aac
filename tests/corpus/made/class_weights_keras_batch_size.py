"""Class-weighted cross entropy ported from PyTorch: the original divides by the sum of the weights, Keras'
sample_weight divides by the batch size.

Source (real): https://github.com/tensorflow/tensorflow/issues/26784 asks for the weight-respecting reduction; the
port itself is realistic.
Right answer: NOT equivalent; loss and gradients are scaled by the mean weight of the batch (which changes per batch).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 26, 5, 4
    head = keras.layers.Dense(classes, name="classifier", dtype=f)
    head.build((None, d))
    head.set_weights([0.7 * rng.standard_normal(p.shape).astype(f) for p in head.get_weights()])
    class_weight = tf.constant(np.array([0.3, 1.0, 2.5, 6.0], f))
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, classes, n)}

    def reference(b):
        num, den = 0.0, 0.0
        for i in range(b["y"].shape[0]):
            wi = class_weight[b["y"][i]]
            num += -wi * tf.nn.log_softmax(head(b["x"][i : i + 1]))[0, b["y"][i]]
            den += wi
        return num / den

    def candidate(b):
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        logits = head(b["x"])
        per_sample = tf.gather(class_weight, b["y"])
        return criterion(b["y"], logits, sample_weight=per_sample)

    return {"variables": head.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
