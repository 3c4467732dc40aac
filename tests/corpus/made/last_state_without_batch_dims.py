"""Sequence regression: the last valid state is gathered without batch_dims, so each row gets everyone's last step.

Origin (realistic): tf.gather(h, length - 1, axis=1) as the TensorFlow twin of NumPy's h[arange(n), length - 1].
Right answer: NOT equivalent; the result is (n, n, e) and prediction [i, j] is compared with label j.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'last = tf.gather(hidden, b["length"] - 1, axis=1)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, e = 18, 8, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wx = tf.Variable(0.7 * arr(d, e), name="in_w")
    wo = tf.Variable(0.7 * arr(e, 1), name="out_w")
    batch = {"x": arr(n, t, d), "length": rng.integers(1, t + 1, n), "y": arr(n)}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for i in range(m):
            k = int(b["length"][i])
            h = tf.tanh(tf.reduce_sum(b["x"][i, :k] @ wx, 0, keepdims=True) / k)
            total += tf.square((h @ wo)[0, 0] - b["y"][i])
        return total / m

    def candidate(b):
        steps = tf.range(1, t + 1, dtype=b["x"].dtype)[:, None]
        hidden = tf.tanh(tf.cumsum(tf.tensordot(b["x"], wx, axes=1), axis=1) / steps)
        last = tf.gather(hidden, b["length"] - 1, axis=1)
        pred = tf.tensordot(last, wo[:, 0], axes=1)
        return tf.reduce_mean((pred - b["y"]) ** 2)

    return {"variables": [wx, wo], "batch": batch, "reference": reference, "candidate": candidate}
