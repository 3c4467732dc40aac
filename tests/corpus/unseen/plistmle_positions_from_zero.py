"""The position weights 2^(n-rank)-1 are computed with ranks 0..n-1 in place of 1..n; after normalisation this is another weighting.

Source (real): https://github.com/huggingface/sentence-transformers/pull/4051
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'ranks = tf.range(docs, dtype=tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, docs, d = 9, 4, 6
    tower = tf.keras.layers.Dense(5, activation="tanh")
    head = tf.keras.layers.Dense(1)
    tower.build((None, docs, d))
    head.build((None, docs, 5))
    tower.kernel.assign((0.7 * rng.normal(size=(d, 5))).astype(np.float32))
    head.kernel.assign((0.9 * rng.normal(size=(5, 1))).astype(np.float32))
    rel = rng.permuted(np.tile(np.arange(docs), (n, 1)), axis=1)
    batch = {"docs": rng.normal(size=(n, docs, d)).astype(np.float32), "rel": rel.astype(np.float32)}

    def plackett_luce_terms(scores, rel):
        order = tf.argsort(rel, axis=1, direction="DESCENDING")
        s = tf.gather(scores, order, batch_dims=1)
        return s - tf.math.cumulative_logsumexp(s, axis=1, reverse=True)

    def reference(b):
        scores = head(tower(b["docs"]))[..., 0]
        log_p = plackett_luce_terms(scores, b["rel"])
        raw = [2.0 ** (docs - k) - 1.0 for k in range(1, docs + 1)]
        loss = 0.0
        for k in range(docs):
            loss -= raw[k] / sum(raw) * tf.reduce_sum(log_p[:, k])
        return loss / n

    def candidate(b):
        logits = tf.squeeze(head(tower(b["docs"])), -1)
        log_probs = plackett_luce_terms(logits, b["rel"])
        ranks = tf.range(docs, dtype=tf.float32)
        lambda_weight = tf.pow(2.0, docs - ranks) - 1.0
        lambda_weight = lambda_weight / tf.reduce_sum(lambda_weight)
        return -tf.reduce_mean(tf.reduce_sum(lambda_weight * log_probs, axis=1))

    return {"variables": tower.trainable_variables + head.trainable_variables[:1], "batch": batch,
            "reference": reference, "candidate": candidate}
