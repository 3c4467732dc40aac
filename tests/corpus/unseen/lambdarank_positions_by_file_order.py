"""LambdaRank: the positions for the change of NDCG come from the order of the documents in the file, not from the model's scores.

Source (real): https://github.com/haowei01/pytorch-examples/pull/4 (LambdaRank.py, pandas and PyTorch, ported).
Right answer: NOT equivalent. The documents of a query lie in descending relevance; swapping two of them changes NDCG by the discounts
of the ranks that the model gives them.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "rank_order = tf.tile(tf.range(1, docs + 1)[None], [y_pred.shape[0], 1])",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d = 15, 6, 4
    sigma = 1.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, d), name="net_hidden")
    w2 = tf.Variable(arr(d), name="net_out")
    rel = -np.sort(-rng.integers(0, 5, (n, docs)), axis=1)
    rel[:, 0] = np.maximum(rel[:, 0], 1)
    batch = {"x": arr(n, docs, d), "rel": rel.astype(f)}

    def net(x):
        return tf.linalg.matvec(tf.tanh(x @ w1), w2)

    def reference(b):
        m = b["x"].shape[0]
        scores, total = net(b["x"]), 0.0
        for q, rel in enumerate(b["rel"].numpy()):
            by_score = sorted(range(docs), key=lambda k: -float(scores[q, k]))
            rank = {doc: place + 1 for place, doc in enumerate(by_score)}
            ideal = sum((2.0**g - 1) / np.log2(k + 2) for k, g in enumerate(sorted(rel, reverse=True)))
            for i in range(docs):
                for j in range(docs):
                    if rel[i] > rel[j]:
                        gain = abs(2.0 ** rel[i] - 2.0 ** rel[j])
                        decay = abs(1 / np.log2(rank[i] + 1) - 1 / np.log2(rank[j] + 1))
                        pair = tf.math.softplus(-sigma * (scores[q, i] - scores[q, j]))
                        total += float(gain * decay / ideal) * pair
        return total / m

    def candidate(b):
        y_pred, rel = net(b["x"]), b["rel"]
        rank_order = tf.tile(tf.range(1, docs + 1)[None], [y_pred.shape[0], 1])
        ideal_place = np.arange(1, docs + 1)
        idcg = tf.reduce_sum((2.0**rel - 1.0) / np.log2(ideal_place + 1.0).astype(f), axis=1)
        N = 1.0 / idcg
        gain_diff = 2.0 ** rel[:, :, None] - 2.0 ** rel[:, None, :]
        discount = np.log(2.0).astype(f) / tf.math.log(tf.cast(rank_order, y_pred.dtype) + 1.0)
        decay_diff = discount[:, :, None] - discount[:, None, :]
        delta_ndcg = tf.abs(N[:, None, None] * gain_diff * decay_diff)
        pos_pairs = tf.cast(rel[:, :, None] > rel[:, None, :], y_pred.dtype)
        pairs_score_diff = y_pred[:, :, None] - y_pred[:, None, :]
        C = tf.math.softplus(-sigma * pairs_score_diff)
        return tf.reduce_mean(tf.reduce_sum(pos_pairs * delta_ndcg * C, axis=(1, 2)))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
