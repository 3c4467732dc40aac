"""One positive is identical to its anchor: the plain square root of the zero distance has an infinite derivative and the gradient is NaN.

Source (real): https://github.com/tensorflow/tensorflow/issues/30199
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'd_ap = tf.sqrt(tf.reduce_sum(tf.square(za - zp), axis=1))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, vocab, d = 9, 4, 8, 5
    table = tf.Variable(rng.normal(size=(vocab, d)).astype(np.float32), name="table")
    proj = tf.Variable((0.7 * rng.normal(size=(d, 4))).astype(np.float32), name="proj")
    anchor = rng.integers(0, vocab, size=(n, t)).astype(np.int32)
    positive = anchor.copy()
    positive[:, -1] = (positive[:, -1] + 1) % vocab
    positive[5] = anchor[5]                          # a short vocabulary makes equal sequences likely
    batch = {"anchor": anchor, "positive": positive, "negative": rng.integers(0, vocab, size=(n, t)).astype(np.int32)}
    margin = 4.0

    def embed(tokens):
        return tf.tanh(tf.reduce_mean(tf.gather(table, tokens), axis=1)) @ proj

    def safe_distance(x, y):
        sq = tf.reduce_sum((x - y) ** 2, axis=1)
        zero = tf.cast(sq <= 0.0, tf.float32)
        return tf.sqrt(sq + zero * 1e-12) * (1.0 - zero)

    def reference(b):
        a, p, m = embed(b["anchor"]), embed(b["positive"]), embed(b["negative"])
        return tf.reduce_mean(tf.nn.relu(safe_distance(a, p) - safe_distance(a, m) + margin))

    def candidate(b):
        za, zp, zn = (embed(b[k]) for k in ("anchor", "positive", "negative"))
        d_ap = tf.sqrt(tf.reduce_sum(tf.square(za - zp), axis=1))
        d_an = tf.sqrt(tf.reduce_sum(tf.square(za - zn), axis=1))
        hinge = tf.maximum(d_ap - d_an + margin, 0.0)
        return tf.reduce_mean(hinge)

    return {"variables": [table, proj], "batch": batch, "reference": reference, "candidate": candidate}
