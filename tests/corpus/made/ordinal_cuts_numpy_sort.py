"""Cumulative-link ordinal regression: the cut points are sorted by NumPy and lose their variable.

Source (constructed): "keep the thresholds ordered" done with np.sort on .numpy() in a per-sample loop.
Right answer: NOT equivalent; the cut points get no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'cuts = tf.constant(np.sort(raw.numpy()), f)',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 19, 4, 5
    w = tf.Variable((0.6 * rng.standard_normal((d, 1))).astype(f), name="score_w")
    start = np.linspace(-1.5, 1.5, k - 1) + 0.1 * rng.standard_normal(k - 1)
    raw = tf.Variable(rng.permutation(start).astype(f), name="raw_cuts")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, k, n).astype("int32")}

    def reference(b):
        inner = tf.sigmoid(tf.sort(raw)[None] - b["x"] @ w)
        cdf = tf.pad(inner, [[0, 0], [0, 1]], constant_values=1.0)
        prob = cdf - tf.pad(inner, [[0, 0], [1, 0]])
        return -tf.reduce_mean(tf.math.log(tf.gather(prob, b["y"], batch_dims=1)))

    def candidate(b):
        m = b["y"].shape[0]
        cuts = tf.constant(np.sort(raw.numpy()), f)
        total = 0.0
        for i in range(m):
            s, y = (b["x"][i : i + 1] @ w)[0, 0], int(b["y"][i])
            top = tf.sigmoid(cuts[y] - s) if y < k - 1 else 1.0
            low = tf.sigmoid(cuts[y - 1] - s) if y > 0 else 0.0
            total -= tf.math.log(top - low)
        return total / m

    return {"variables": [w, raw], "batch": batch, "reference": reference, "candidate": candidate}
