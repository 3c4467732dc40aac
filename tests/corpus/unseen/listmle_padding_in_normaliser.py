"""Padded slots carry a logit near zero, so exp gives 1 and they enter the reversed cumulative sum; the mask is applied only afterwards.

Source (real): https://github.com/huggingface/sentence-transformers/pull/3827
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'scores = tf.exp(sorted_logits)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, docs, d = 7, 6, 5
    w1 = tf.Variable((0.6 * rng.normal(size=(d, 6))).astype(np.float32), name="w1")
    w2 = tf.Variable((0.8 * rng.normal(size=(6, 1))).astype(np.float32), name="w2")
    counts = rng.integers(2, docs + 1, size=n)
    counts[0] = 2
    mask = (np.arange(docs)[None] < counts[:, None])
    batch = {
        "pairs": rng.normal(size=(n, docs, d)).astype(np.float32),
        "labels": np.where(mask, rng.permuted(np.tile(np.arange(docs), (n, 1)), axis=1) + 1.0, -1.0).astype(np.float32),
        "mask": mask.astype(np.float32),
    }

    def score(pairs):
        return (tf.nn.gelu(pairs @ w1) @ w2)[..., 0]

    def sort_by_label(values, labels):
        order = tf.argsort(labels, axis=1, direction="DESCENDING", stable=True)   # padding (-1) comes last
        return tf.gather(values, order, batch_dims=1)

    def reference(b):
        logits = score(b["pairs"])
        total = 0.0
        for i in range(n):
            real = b["mask"][i] > 0.5
            ranked = sort_by_label(tf.boolean_mask(logits[i], real)[None], tf.boolean_mask(b["labels"][i], real)[None])[0]
            normaliser = tf.math.cumulative_logsumexp(ranked, reverse=True)
            total += tf.reduce_sum(normaliser - ranked)
        return total / n

    def candidate(b):
        keep = b["mask"]
        logits = score(b["pairs"]) * keep + 1e-16 * (1.0 - keep)
        sorted_logits = sort_by_label(logits, b["labels"])
        sorted_mask = sort_by_label(keep, b["labels"])
        scores = tf.exp(sorted_logits)
        cumsum_scores = tf.cumsum(scores, axis=1, reverse=True)
        log_probs = sorted_logits - tf.math.log(cumsum_scores + 1e-10)
        per_query = -tf.reduce_sum(log_probs * sorted_mask, axis=1)
        return tf.reduce_mean(per_query)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
