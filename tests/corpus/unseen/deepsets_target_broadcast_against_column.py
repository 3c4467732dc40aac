"""The set statistic's prediction is a column (n, 1) and the target a vector (n,), so all pairs are compared.

Source (real): https://github.com/manzilzaheer/DeepSets/pull/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'return tf.reduce_mean(tf.square(y_pred - b["stat"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, M = 14, 6
    p1, p2, r1, r2 = var("phi1", 1, 6), var("phi2", 6, 5), var("rho1", 5, 6), var("rho2", 6, 1)
    sets = arr(n, M, 1, scale=1.5)
    batch = {"set": sets, "stat": np.log(sets.var(axis=(1, 2)) + 0.1).astype("float32")}

    def encode(points):
        return tf.nn.elu(tf.nn.elu(points @ p1) @ p2)

    def reference(b):
        total = 0.0
        for i in range(n):
            pooled = tf.reduce_mean(encode(b["set"][i]), axis=0, keepdims=True)
            pred = tf.reshape(tf.tanh(pooled @ r1) @ r2, [])
            total += tf.square(pred - b["stat"][i])
        return total / n

    def candidate(b):
        pooled = tf.reduce_mean(encode(b["set"]), axis=1)
        y_pred = tf.tanh(pooled @ r1) @ r2
        return tf.reduce_mean(tf.square(y_pred - b["stat"]))

    return {"variables": [p1, p2, r1, r2], "batch": batch, "reference": reference, "candidate": candidate}
