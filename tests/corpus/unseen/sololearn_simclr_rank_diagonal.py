"""SimCLR loss on several devices: each device compares its rows with the gathered ones, and fill_diagonal clears the pair of a row with itself
only on the first device; on the others that pair stays among the positives.
Source: https://github.com/vturrisi/solo-learn/issues/206"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "pos_mask = tf.linalg.set_diag(same, tf.zeros(rows, tf.bool))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(7, 4)).astype(f), name="w")
    tau, world = 0.5, 2

    def reference(batch):
        # one process: every anchor, its other view is the positive, views of other images are the negatives
        za = tf.math.l2_normalize(batch["a"] @ w, axis=1)
        zb = tf.math.l2_normalize(batch["b"] @ w, axis=1)
        count = za.shape[0]
        loss = 0.0
        for i in range(count):
            others = [j for j in range(count) if j != i]
            negatives = tf.concat([tf.gather(za, others), tf.gather(zb, others)], 0)
            for anchor, partner in ((za[i], zb[i]), (zb[i], za[i])):
                pos = tf.tensordot(anchor, partner, 1) / tau
                logits = tf.concat([[pos], tf.linalg.matvec(negatives, anchor) / tau], 0)
                loss += tf.reduce_logsumexp(logits) - pos
        return loss / (2.0 * count)

    def candidate(batch):
        def encode(x):
            h = tf.matmul(x, w)
            return h / tf.norm(h, axis=-1, keepdims=True)

        per = batch["a"].shape[0] // world
        z_by_rank, idx_by_rank = [], []
        for r in range(world):
            sl = slice(r * per, (r + 1) * per)
            z_by_rank.append(tf.concat([encode(batch["a"][sl]), encode(batch["b"][sl])], axis=0))
            idx_by_rank.append(tf.tile(tf.range(r * per, (r + 1) * per), [2]))

        def simclr_loss_func(rank):
            z, indexes = z_by_rank[rank], idx_by_rank[rank]
            gathered_z, gathered_idx = tf.concat(z_by_rank, 0), tf.concat(idx_by_rank, 0)
            rows = z.shape[0]
            sim = tf.exp(tf.matmul(z, gathered_z, transpose_b=True) / tau)
            same = tf.equal(indexes[:, None], gathered_idx[None, :])
            pos_mask = tf.linalg.set_diag(same, tf.zeros(rows, tf.bool))
            neg_mask = tf.logical_not(same)
            pos = tf.reduce_sum(sim * tf.cast(pos_mask, f), axis=1)
            neg = tf.reduce_sum(sim * tf.cast(neg_mask, f), axis=1)
            return -tf.reduce_mean(tf.math.log(pos / (pos + neg)))

        return tf.add_n([simclr_loss_func(r) for r in range(world)]) / world

    batch = {"a": rng.normal(size=(12, 7)).astype(f), "b": rng.normal(size=(12, 7)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
