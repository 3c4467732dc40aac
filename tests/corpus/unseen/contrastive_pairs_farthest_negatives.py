"""Wrong: hard negative pairs are meant to be the closest ones, the selector takes the farthest.

Source (real): https://github.com/adambielski/siamese-triplet/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "_, hard = tf.math.top_k(d2_neg, k=n_pos)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w = tf.Variable(rng.normal(0, 0.35, (7, 4)).astype("float32"), name="embed_w")
    bias = tf.Variable(rng.normal(0, 0.1, 4).astype("float32"), name="embed_b")
    n = 10
    labels = np.repeat(np.arange(5), 2).astype("int32")
    i, j = np.triu_indices(n, 1)
    same = labels[i] == labels[j]
    pos = np.stack([i[same], j[same]], 1)
    neg = np.stack([i[~same], j[~same]], 1)
    n_pos = len(pos)
    margin = 3.0
    batch = {"x": rng.normal(size=(n, 7)).astype("float32"), "label": labels}

    def embed(x):
        return tf.tanh(x @ w + bias)

    def sq_dist(e, pairs):
        return tf.reduce_sum(tf.square(tf.gather(e, pairs[:, 0]) - tf.gather(e, pairs[:, 1])), axis=1)

    def contrastive(pos_d2, neg_d2):
        push = tf.square(tf.nn.relu(margin - tf.sqrt(neg_d2 + 1e-9)))
        return tf.reduce_mean(tf.concat([pos_d2, push], 0))

    def reference(b):
        e = embed(b["x"])
        neg_d2 = tf.sort(sq_dist(e, neg))[:n_pos]
        return contrastive(sq_dist(e, pos), neg_d2)

    def candidate(b):
        e = embed(b["x"])
        d2_pos = sq_dist(e, pos)
        d2_neg = sq_dist(e, neg)
        _, hard = tf.math.top_k(d2_neg, k=n_pos)
        d2_hard = tf.gather(d2_neg, hard)
        return contrastive(d2_pos, d2_hard)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
