"""LambdaRank: the documents are ranked by ascending relevance, so the discounts belong to the wrong end of the list.

Source (real): https://github.com/haowei01/pytorch-examples/issues/2 (pandas sort_values in LambdaRank.py, PyTorch, ported; confirmed).
Right answer: NOT equivalent; |delta NDCG| of a pair is computed with the positions turned round.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "by_relevance = tf.argsort(Y)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d, hid = 14, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="scorer_w1")
    w2 = tf.Variable(0.9 * arr(hid), name="scorer_w2")
    relevance = np.stack([rng.permutation(docs) for _ in range(n)]).astype(f) / 2
    batch = {"x": arr(n, docs, d), "rel": relevance}

    def score(x):
        return tf.linalg.matvec(tf.nn.elu(x @ w1), w2)

    def reference(b):
        """Pairwise logistic loss, weighted by the change of NDCG in the ideal order."""
        total = 0.0
        for x, rel in zip(b["x"], b["rel"].numpy()):
            s = score(x)
            place = {int(doc): rank + 1 for rank, doc in enumerate(np.argsort(-rel))}
            ideal = sum((2.0 ** rel[doc] - 1) / np.log2(place[doc] + 1) for doc in place)
            for i in range(docs):
                for j in range(docs):
                    if rel[i] > rel[j]:
                        gain = 2.0 ** rel[i] - 2.0 ** rel[j]
                        decay = 1 / np.log2(place[i] + 1) - 1 / np.log2(place[j] + 1)
                        total += abs(gain * decay) / ideal * tf.nn.softplus(s[j] - s[i])
        return total / b["rel"].shape[0]

    def candidate(b):
        def lambda_update(y_pred, Y):
            pos_pairs_score_diff = 1.0 + tf.exp(y_pred - tf.transpose(y_pred))
            Sij = tf.sign(Y[:, None] - Y[None, :])
            gain_diff = 2.0 ** Y[:, None] - 2.0 ** Y[None, :]
            by_relevance = tf.argsort(Y)
            rank_order = tf.cast(tf.argsort(by_relevance) + 1, Y.dtype)[:, None]
            decay_diff = np.log(2.0) / tf.math.log(rank_order + 1.0)
            decay_diff = decay_diff - tf.transpose(decay_diff)
            best = tf.sort(Y, direction="DESCENDING")
            N = 1.0 / tf.reduce_sum((2.0**best - 1.0) * np.log(2.0) / np.log(np.arange(docs) + 2.0).astype(f))
            delta_ndcg = tf.abs(N * gain_diff * decay_diff)
            return tf.reduce_sum((0.5 * (1.0 - Sij) - 1.0 / pos_pairs_score_diff) * delta_ndcg, axis=1, keepdims=True)

        loss = 0.0
        for i in range(b["rel"].shape[0]):
            y_pred = score(b["x"][i])[:, None]
            grad = tf.stop_gradient(lambda_update(y_pred, b["rel"][i]))
            loss += tf.reduce_sum(y_pred * grad)  # y_pred.backward(lambda_update)
        return loss / b["rel"].shape[0]

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
