"""Reward model: the score is read at (number of tokens - 1), right for right padding, but the batch is padded on the left.

Source (real): https://github.com/huggingface/trl/issues/937
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'last = tf.cast(tf.reduce_sum(mask, axis=1), tf.int32) - 1',
    "same_forward_value": False,
}

VOCAB, L, PAD = 10, 8, 0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d = 10, 6
    f = lambda *s: rng.normal(size=s).astype("float32")

    def left_padded():
        ids = rng.integers(1, VOCAB, (n, L)).astype("int32")
        for i, pad in enumerate(rng.integers(0, L - 3, n)):
            ids[i, :pad] = PAD
        return ids

    batch = {"chosen": left_padded(), "rejected": left_padded(), "margin": rng.uniform(0, 0.5, n).astype("float32")}
    emb = tf.Variable(f(VOCAB, d), name="emb")
    rec = tf.Variable(0.4 * f(d, d), name="rec")
    head = tf.Variable(0.8 * f(d, 1), name="head")

    def token_scores(ids):
        n = len(ids)
        mask = tf.cast(ids != PAD, tf.float32)
        h, scores = tf.zeros((n, d)), []
        for t in range(L):
            new = tf.tanh(tf.gather(emb, ids[:, t]) + tf.matmul(h, rec))
            h = mask[:, t:t + 1] * new + (1.0 - mask[:, t:t + 1]) * h
            scores.append(tf.matmul(h, head)[:, 0])
        return tf.stack(scores, axis=1), mask

    def pairwise(rc, rr, margin):
        return -tf.reduce_mean(tf.math.log_sigmoid(rc - rr - margin))

    def reference(b):
        n = len(b["chosen"])
        def score(ids):
            s, _ = token_scores(ids)
            return tf.stack([s[i, max(t for t in range(L) if ids[i, t] != PAD)] for i in range(n)])
        return pairwise(score(b["chosen"]), score(b["rejected"]), b["margin"])

    def pooled(ids):
        logits, mask = token_scores(ids)
        last = tf.cast(tf.reduce_sum(mask, axis=1), tf.int32) - 1
        return tf.gather(logits, last, batch_dims=1)

    def candidate(b):
        rewards_chosen, rewards_rejected = pooled(b["chosen"]), pooled(b["rejected"])
        return pairwise(rewards_chosen, rewards_rejected, b["margin"])

    return {"variables": [emb, rec, head], "batch": batch, "reference": reference, "candidate": candidate}
