"""DeepFM second-order term: the square-of-sum minus sum-of-squares runs over the embedding axis instead of the field axis.

Source (real): https://github.com/Atomu2014/product-nets/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "sum_sq = tf.square(tf.reduce_sum(xv, axis=2))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, fields, vocab, k = 12, 4, 7, 3
    v = tf.Variable(rng.normal(0, 0.5, (fields, vocab, k)), name="v", dtype=tf.float32)
    w = tf.Variable(rng.normal(0, 0.3, (fields, vocab)), name="w", dtype=tf.float32)
    w_deep = tf.Variable(rng.normal(0, 0.4, (fields * k, 1)), name="w_deep", dtype=tf.float32)
    batch = {
        "ids": rng.integers(0, vocab, (n, fields)).astype(np.int32),
        "click": rng.integers(0, 2, n).astype(np.float32),
    }
    field_idx = np.arange(fields, dtype=np.int32)

    def lookup(ids):
        pos = tf.stack([tf.broadcast_to(field_idx, tf.shape(ids)), ids], axis=-1)
        return tf.gather_nd(v, pos), tf.gather_nd(w, pos)

    def bce(click, logit):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(click, logit))

    def reference(b):
        xv, xw = lookup(b["ids"])
        pair = 0.0
        for i in range(fields):
            for j in range(i + 1, fields):
                pair += tf.reduce_sum(xv[:, i] * xv[:, j], axis=-1)
        deep = tf.squeeze(tf.reshape(xv, [-1, fields * k]) @ w_deep, -1)
        return bce(b["click"], tf.reduce_sum(xw, axis=1) + pair + deep)

    def candidate(b):
        xv, xw = lookup(b["ids"])
        linear = tf.reduce_sum(xw, axis=1)
        sum_sq = tf.square(tf.reduce_sum(xv, axis=2))
        sq_sum = tf.reduce_sum(tf.square(xv), axis=2)
        pair = 0.5 * tf.reduce_sum(sum_sq - sq_sum, axis=1)
        deep = tf.squeeze(tf.reshape(xv, [-1, fields * k]) @ w_deep, -1)
        return bce(b["click"], linear + pair + deep)

    return {"variables": [v, w, w_deep], "batch": batch, "reference": reference, "candidate": candidate}
