"""Poisson sales model: deviance is first averaged within each shop, then over shops of very different size.

Origin (realistic): a group-by habit; the specified likelihood weighs each row alike.
Right answer: NOT equivalent; rows of small shops count many times more.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(totals / counts)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 32, 5
    w = tf.Variable((0.4 * rng.standard_normal((d, 1))).astype(f), name="rate_w")
    c = tf.Variable((0.2 * rng.standard_normal(1)).astype(f), name="rate_b")
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "sold": rng.poisson(1.5, n).astype(f),
        "shop": np.repeat(np.arange(4), [1, 3, 8, 20]),
    }

    def reference(b):
        m = b["sold"].shape[0]
        total = 0.0
        for i in range(m):
            z = (b["x"][i : i + 1] @ w)[0, 0] + c[0]
            total += tf.exp(z) - b["sold"][i] * z
        return total / m

    def candidate(b):
        z = tf.reshape(b["x"] @ w + c, [-1])
        dev = tf.nn.log_poisson_loss(targets=b["sold"], log_input=z)
        totals = tf.math.segment_sum(dev, b["shop"])
        counts = tf.math.segment_sum(tf.ones_like(dev), b["shop"])
        return tf.reduce_mean(totals / counts)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
