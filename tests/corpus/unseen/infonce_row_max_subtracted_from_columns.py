"""InfoNCE: the row-wise maximum taken out for stability is subtracted along the columns of the negative scores.

Source (real): https://github.com/AdaptiveMotorControlLab/CEBRA/issues/48
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'neg = neg_dist - c',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, dx, d, temp = 14, 6, 4, 0.6
    w1 = tf.Variable(rng.normal(0, 0.5, (dx, 10)), name="enc/w1")
    w2 = tf.Variable(rng.normal(0, 0.6, (10, d)), name="enc/w2")
    x = rng.normal(size=(n, dx))
    batch = {"ref": x, "pos": x + 0.3 * rng.normal(size=x.shape), "neg": rng.normal(size=(n, dx))}

    def embed(v):
        return tf.nn.gelu(v @ w1) @ w2

    def euclidean(a, c_):
        return -tf.reduce_sum((a[:, None] - c_[None]) ** 2, -1) / temp

    def distances(b):
        r, p, q = embed(b["ref"]), embed(b["pos"]), embed(b["neg"])
        return -tf.reduce_sum((r - p) ** 2, -1) / temp, euclidean(r, q)

    def reference(b):
        pos_d, neg_d = distances(b)
        align = -tf.reduce_mean(pos_d)
        uniform = tf.reduce_mean(tf.reduce_logsumexp(neg_d, axis=1))
        return align + uniform

    def candidate(b):
        pos_dist, neg_dist = distances(b)
        c = tf.stop_gradient(tf.reduce_max(neg_dist, axis=1))
        pos = pos_dist - c
        neg = neg_dist - c
        align = tf.reduce_mean(-pos)
        uniform = tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(neg), axis=1)))
        return align + uniform

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
