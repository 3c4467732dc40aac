"""Aggregation cross-entropy: a class never predicted has an aggregated probability of zero, and the log gives nan.
Source: https://github.com/summerlvsong/Aggregation-Cross-Entropy/issues/2"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "log_freq = tf.math.log(freq)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, T, h, C = 3, 6, 4, 4
    w = tf.Variable(f(h, C), name="classifier")
    b = tf.Variable(np.array([0.0, 0.0, 0.0, -2000.0]).astype(fx), name="bias")

    def reference(batch):
        p = tf.nn.softmax(batch["x"] @ w + b) + 1e-10
        total = 0.0
        for i in range(n):
            counts = batch["counts"][i]
            y = tf.reduce_mean(p[i], 0)
            total -= tf.reduce_sum(counts / T * tf.math.log(y))
        return total / n

    def candidate(batch):
        logits = tf.tensordot(batch["x"], w, axes=1) + b
        probs = tf.nn.softmax(logits, axis=-1)
        freq = tf.reduce_sum(probs, axis=1) / T
        log_freq = tf.math.log(freq)
        label = batch["counts"] / T
        return -tf.reduce_sum(log_freq * label) / n

    counts = np.array([[3, 2, 1, 0], [4, 1, 1, 0], [2, 2, 2, 0]]).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": f(n, T, h), "counts": counts}, "variables": [w, b]}
