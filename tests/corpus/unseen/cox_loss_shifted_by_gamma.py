"""Right: subtracting the maximum before the exponential and adding it after the logarithm leaves the Cox loss as it is.

Source (real): https://github.com/havakv/pycox/issues/147
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d = 14, 4
    w1, b1, w2 = var("w1", d, 6), var("b1", 6), var("w2", 6, 1)
    ev = rng.integers(0, 2, size=(n,)).astype("float32")
    ev[0] = 1.0
    batch = {"x": arr(n, d), "duration": rng.permutation(n).astype("float32"), "event": ev}

    def net(x):
        return tf.tanh(x @ w1 + b1) @ w2

    def reference(b):
        log_h = tf.squeeze(net(b["x"]), 1)
        terms = []
        for i in range(n):
            at_risk = tf.cast(b["duration"] >= b["duration"][i], tf.float32)
            terms.append(b["event"][i] * (log_h[i] - tf.math.log(tf.reduce_sum(at_risk * tf.exp(log_h)))))
        return -tf.add_n(terms) / tf.reduce_sum(b["event"])

    def candidate(b):
        idx = tf.argsort(b["duration"], direction="DESCENDING")
        log_h = tf.reshape(net(tf.gather(b["x"], idx)), [-1])
        events = tf.gather(b["event"], idx)
        gamma = tf.reduce_max(log_h)
        log_cumsum_h = tf.math.log(tf.cumsum(tf.exp(log_h - gamma))) + gamma
        return -tf.reduce_sum((log_h - log_cumsum_h) * events) / tf.reduce_sum(events)

    return {"variables": [w1, b1, w2], "batch": batch, "reference": reference, "candidate": candidate}
