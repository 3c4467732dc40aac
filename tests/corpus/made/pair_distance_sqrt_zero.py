"""Margin loss over all pairs: the distance of a point to itself goes through sqrt(0).

Source (constructed): all-pairs metric learning; the diagonal adds nothing to the value, but its gradient is inf * 0.
Right answer: NOT equivalent; same finite loss, the embedding's gradient is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'dist = tf.sqrt(sq)',
    "same_forward_value": True,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim = 21, 4, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, dim))).astype(f), name="embed_w")
    margin = tf.Variable(np.asarray(1.7, f), name="margin")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, 3, n).astype("int32")}
    left, right = np.triu_indices(n, 1)

    def reference(b):
        z = b["x"] @ w
        gap = tf.norm(tf.gather(z, left) - tf.gather(z, right), axis=-1)
        same = tf.cast(tf.gather(b["y"], left) == tf.gather(b["y"], right), gap.dtype)
        pair = same * gap + (1.0 - same) * tf.square(tf.nn.relu(margin - gap))
        return tf.reduce_mean(pair)

    def candidate(b):
        z = tf.einsum("nd,de->ne", b["x"], w)
        m = z.shape[0]
        sq = tf.reduce_sum(tf.math.squared_difference(z[:, None], z[None]), axis=-1)
        dist = tf.sqrt(sq)
        same = tf.cast(b["y"][:, None] == b["y"][None], z.dtype)
        pair = same * dist + (1.0 - same) * tf.square(tf.nn.relu(margin - dist))
        return tf.reduce_sum(pair) / (m * (m - 1))

    return {"variables": [w, margin], "batch": batch, "reference": reference, "candidate": candidate}
