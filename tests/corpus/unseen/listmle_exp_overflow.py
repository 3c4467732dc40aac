"""ListMLE: the Plackett-Luce normaliser exponentiates the scores themselves and overflows for scores near +1000.

Source (real): https://github.com/huggingface/sentence-transformers/pull/4012 (PyTorch, ported; merged, with logcumsumexp).
Right answer: NOT equivalent; loss and gradient are not finite.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "scores = tf.exp(sorted_logits) * sorted_mask",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, docs, d = 12, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(np.append(0.8 * arr(d), 9.0).astype(f), name="score_w")
    length = rng.integers(2, docs + 1, n)
    popularity = np.full((n, docs, 1), 110.0, dtype=f)
    batch = {
        "features": np.concatenate([arr(n, docs, d), popularity], axis=-1),
        "labels": rng.random((n, docs)).astype(f),
        "length": length,
    }

    def reference(b):
        losses = []
        for x, y, k in zip(b["features"], b["labels"], b["length"].numpy()):
            order = np.argsort(-y.numpy()[:k])
            s = tf.gather(tf.linalg.matvec(x, w), order)
            for first in range(int(k)):
                losses.append(tf.reduce_logsumexp(s[first:]) - s[first])
        return tf.add_n(losses) / b["labels"].shape[0]

    def candidate(b):
        eps = 1e-10
        logits = tf.linalg.matvec(b["features"], w)
        mask = tf.sequence_mask(b["length"], docs)
        order = tf.argsort(tf.where(mask, b["labels"], -1.0), direction="DESCENDING")
        sorted_logits = tf.gather(logits, order, batch_dims=1)
        sorted_mask = tf.cast(tf.gather(mask, order, batch_dims=1), logits.dtype)
        scores = tf.exp(sorted_logits) * sorted_mask
        cumsum_scores = tf.cumsum(scores, axis=1, reverse=True)
        log_probs = sorted_logits - tf.math.log(cumsum_scores + eps)
        per_query = -tf.reduce_sum(log_probs * sorted_mask, axis=1)
        return tf.reduce_mean(per_query)

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
