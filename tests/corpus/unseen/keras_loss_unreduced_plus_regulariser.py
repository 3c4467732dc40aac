"""The Keras loss is left unreduced (reduction none), so the loss is a vector: the tape sums it, and the scalar regulariser is counted once per sample.

Source (real): https://github.com/tensorflow/tensorflow/issues/42446
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'data_loss = bce(b["y"], model(b["x"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 12, 6
    hidden = tf.keras.layers.Dense(5, activation="relu")
    final = tf.keras.layers.Dense(2)
    hidden.build((None, d))
    final.build((None, 5))
    hidden.kernel.assign((0.6 * rng.normal(size=(d, 5))).astype(np.float32))
    final.kernel.assign((0.6 * rng.normal(size=(5, 2))).astype(np.float32))
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "y": rng.integers(0, 2, size=(n, 2)).astype(np.float32),
    }
    factor = 0.02
    bce = tf.keras.losses.BinaryCrossentropy(from_logits=True, reduction="none")

    def model(x):
        return final(hidden(x))

    def regulariser():
        return factor * (tf.reduce_sum(tf.square(hidden.kernel)) + tf.reduce_sum(tf.square(final.kernel)))

    def reference(b):
        logits = model(b["x"])
        per_label = tf.nn.relu(logits) - logits * b["y"] + tf.math.log1p(tf.exp(-tf.abs(logits)))
        return tf.reduce_mean(per_label) + regulariser()

    def candidate(b):
        data_loss = bce(b["y"], model(b["x"]))
        reg_loss = regulariser()
        total = data_loss + reg_loss
        return total

    return {"variables": hidden.trainable_variables + final.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
