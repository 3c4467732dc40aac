"""Multi-class focal loss whose modulating factor is built from the log-probability instead of the probability.

Source (real): https://github.com/HeyLynne/FocalLoss_for_multiclass/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "pt = tf.reduce_sum(onehot * log_p, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, c = 16, 7, 5
    gamma = 2.0
    hidden = tf.keras.layers.Dense(8, activation="tanh", name="hidden")
    head = tf.keras.layers.Dense(c, name="head")
    hidden.build((None, d))
    head.build((None, 8))
    hidden.set_weights([rng.normal(0, 0.5, (d, 8)), rng.normal(0, 0.1, (8,))])
    head.set_weights([rng.normal(0, 0.6, (8, c)), rng.normal(0, 0.1, (c,))])
    alpha = np.array([0.3, 1.0, 0.8, 1.2, 0.5], "float32")
    batch = {
        "x": rng.normal(0, 1, (n, d)).astype("float32"),
        "label": rng.integers(0, c, n).astype("int32"),
    }

    def reference(b):
        logits = head(hidden(b["x"]))
        total = 0.0
        for i in range(n):
            p = tf.nn.softmax(logits[i])[b["label"][i]]
            a = tf.constant(alpha)[b["label"][i]]
            total += -a * (1.0 - p) ** gamma * tf.math.log(p)
        return total / n

    def candidate(b):
        logits = head(hidden(b["x"]))
        log_p = tf.nn.log_softmax(logits, axis=-1)
        onehot = tf.one_hot(b["label"], c)
        weight = tf.reduce_sum(onehot * alpha, axis=-1)
        pt = tf.reduce_sum(onehot * log_p, axis=-1)
        modulating = (1.0 - pt) ** gamma
        ce = -tf.reduce_sum(onehot * log_p, -1)
        return tf.reduce_mean(weight * modulating * ce)

    return {"variables": hidden.trainable_variables + head.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
