"""Keypoint regression: the position is the argmax of the heat map, where the loss is specified on the soft-argmax.

Origin (realistic): decoder of the evaluation script reused in the loss, inside tf.map_fn.
Right answer: NOT equivalent; tf.argmax has no gradient, the heat-map weights get None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'return tf.cast(tf.argmax(heat), feat.dtype)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, bins = 30, 5, 8

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.8 * arr(d, bins), name="heat_w")
    offset = tf.Variable(np.asarray(0.3, f), name="offset")
    batch = {"feat": arr(n, d), "pos": rng.uniform(0, bins - 1, n).astype(f)}
    grid = tf.constant(np.arange(bins).astype(f))

    def reference(b):
        m = b["pos"].shape[0]
        total = 0.0
        for i in range(m):
            z = tf.exp(b["feat"][i : i + 1] @ w)[0]
            where = tf.reduce_sum(z * grid) / tf.reduce_sum(z)
            total += tf.square(where + offset - b["pos"][i])
        return total / m

    def candidate(b):
        def locate(feat):
            heat = tf.linalg.matvec(w, feat, transpose_a=True)
            return tf.cast(tf.argmax(heat), feat.dtype)

        found = tf.map_fn(locate, b["feat"])
        return tf.reduce_mean(tf.square(found + offset - b["pos"]))

    return {"variables": [w, offset], "batch": batch, "reference": reference, "candidate": candidate}
