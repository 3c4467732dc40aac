"""Next-step forecaster: the targets are made with a roll, so the last record must predict the very first one.

Source (real): https://github.com/SeldonIO/alibi-detect/issues/166
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'y = tf.roll(b["series"], shift=-1, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 14, 3, 6
    w1 = tf.Variable(rng.normal(0, 0.5, (d, h)), name="w1", dtype=tf.float32)
    w2 = tf.Variable(rng.normal(0, 0.5, (h, d)), name="w2", dtype=tf.float32)
    w_thr = tf.Variable(rng.normal(0, 0.5, (h, d)), name="w_threshold", dtype=tf.float32)
    trend = np.linspace(-1.5, 1.5, n)[:, None] * rng.uniform(0.5, 1.0, (1, d))
    batch = {
        "series": (trend + 0.3 * rng.normal(size=(n, d))).astype(np.float32),
        "weight": rng.uniform(0.5, 1.5, n).astype(np.float32),
    }

    def forward(x):
        hidden = tf.tanh(x @ w1)
        return x + hidden @ w2, tf.nn.softplus(hidden @ w_thr)

    def nll(pred, scale, target):
        return tf.reduce_sum(tf.abs(pred - target) / scale + tf.math.log(scale), axis=-1)

    def reference(b):
        total, weight = 0.0, 0.0
        for i in range(n - 1):
            pred, scale = forward(b["series"][i:i + 1])
            total += b["weight"][i] * nll(pred, scale + 0.2, b["series"][i + 1:i + 2])[0]
            weight += b["weight"][i]
        return total / weight

    def candidate(b):
        y = tf.roll(b["series"], shift=-1, axis=0)
        pred, scale = forward(b["series"])
        per_step = nll(pred, scale + 0.2, y)
        return tf.reduce_sum(b["weight"] * per_step) / tf.reduce_sum(b["weight"])

    return {"variables": [w1, w2, w_thr], "batch": batch, "reference": reference, "candidate": candidate}
