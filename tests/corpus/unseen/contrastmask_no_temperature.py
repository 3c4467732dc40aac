"""Pixel contrastive loss: the negatives are not divided by the temperature, the positive is.

Source (real): https://github.com/huiserwang/ContrastMask/issues/4 (PyTorch, ported; the author: "Yes, I forgot it").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'neg_logits = tf.einsum("bd,bkd->bk", query, neg_sets)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, dim, negs, tem = 16, 6, 4, 5, 0.3

    w = tf.Variable(0.6 * arr(d, dim), name="head_w")
    b0 = tf.Variable(0.3 * arr(dim), name="head_b")
    batch = {"query": arr(n, d), "pos": arr(n, d), "neg": arr(n, negs, d)}

    def head(x):
        return tf.math.l2_normalize(x @ w + b0, axis=-1)

    def reference(b):
        total = 0.0
        m = b["query"].shape[0]
        for i in range(m):
            q = head(b["query"][i : i + 1])[0]
            good = tf.exp(tf.reduce_sum(q * head(b["pos"][i : i + 1])[0]) / tem)
            bad = sum(tf.exp(tf.reduce_sum(q * v) / tem) for v in head(b["neg"][i]))
            total -= tf.math.log(good / (good + bad))
        return total / m

    def candidate(b):
        query, pos_sets, neg_sets = head(b["query"]), head(b["pos"]), head(b["neg"])
        pos_logits = tf.einsum("bd,bd->b", query, pos_sets)[:, None] / tem
        neg_logits = tf.einsum("bd,bkd->bk", query, neg_sets)
        logits = tf.concat([pos_logits, neg_logits], axis=1)
        labels = tf.zeros([logits.shape[0]], tf.int64)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(losses)

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
