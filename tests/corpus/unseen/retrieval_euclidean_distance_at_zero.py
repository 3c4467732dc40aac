"""sqrt of a squared distance that is zero for identical sentences gives a NaN gradient.

Source (real): https://github.com/huggingface/sentence-transformers/pull/4033
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'return tf.sqrt(tf.reduce_sum(tf.square(u - v), axis=1))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 10, 6, 5
    w = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="encoder")
    anchor = rng.normal(size=(n, d)).astype("float32")
    positive = anchor + rng.normal(size=(n, d)).astype("float32") * 0.5
    positive[3] = anchor[3]
    batch = {
        "anchor": anchor,
        "positive": positive.astype("float32"),
        "negative": rng.normal(size=(n, d)).astype("float32"),
    }
    margin = 4.0

    def encode(x):
        return tf.nn.tanh(x @ w)

    def triplet(dist, b):
        a, p, q = encode(b["anchor"]), encode(b["positive"]), encode(b["negative"])
        return tf.reduce_mean(tf.nn.relu(dist(a, p) - dist(a, q) + margin))

    def reference(b):
        def distance(u, v):
            sq = tf.reduce_sum(tf.square(u - v), axis=1)
            apart = sq > 0.0
            return tf.where(apart, tf.sqrt(tf.where(apart, sq, tf.ones_like(sq))), tf.zeros_like(sq))
        return triplet(distance, b)

    def candidate(b):
        def euclidean(u, v):
            return tf.sqrt(tf.reduce_sum(tf.square(u - v), axis=1))
        return triplet(euclidean, b)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
