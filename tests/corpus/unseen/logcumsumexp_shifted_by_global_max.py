"""The cumulative log-sum-exp is shifted by one global maximum: prefixes far below it underflow to log(0).

Source (real): https://github.com/tinygrad/tinygrad/issues/6937
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'log_cum = tf.math.log(tf.cumsum(tf.exp(lh - shift))) + shift',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, d = 10, 3
    beta = tf.Variable(np.array([1.0, 0.3, -0.2], "float32") + rng.normal(size=3).astype("float32") * 0.05, name="beta")
    bias = var("frailty", n, scale=0.1)
    t = np.linspace(9.0, 0.5, n).astype("float32")
    x = arr(n, d)
    x[:, 0] = np.repeat(np.linspace(0.0, 180.0, n // 2), 2) + rng.uniform(0, 0.5, size=n)
    perm = rng.permutation(n)
    batch = {"x": x[perm], "time": t[perm], "event": np.ones(n, "float32")}

    def risk(b):
        return tf.linalg.matvec(b["x"], beta) + bias

    def reference(b):
        lh = risk(b)
        total = 0.0
        for i in range(n):
            others = tf.boolean_mask(lh, b["time"] >= b["time"][i])
            total += b["event"][i] * (tf.reduce_logsumexp(others) - lh[i])
        return total / tf.reduce_sum(b["event"]) + 0.1 * tf.reduce_sum(tf.square(bias))

    def candidate(b):
        order = tf.argsort(-b["time"])
        lh, ev = tf.gather(risk(b), order), tf.gather(b["event"], order)
        shift = tf.reduce_max(lh)
        log_cum = tf.math.log(tf.cumsum(tf.exp(lh - shift))) + shift
        pll = tf.reduce_sum((log_cum - lh) * ev) / tf.reduce_sum(ev)
        return pll + 0.1 * tf.reduce_sum(tf.square(bias))

    return {"variables": [beta, bias], "batch": batch, "reference": reference, "candidate": candidate}
