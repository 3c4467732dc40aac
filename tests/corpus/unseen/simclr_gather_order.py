"""Distributed NT-Xent: the gathered embeddings are ordered device by device, but positives are read at distance N.

Source (real): https://github.com/Spijkervet/SimCLR/pull/46 (PyTorch, ported; merged: the gathered z must be
[z_i1, ..., z_iw, z_j1, ..., z_jw] and not [z_i1, z_j1, z_i2, z_j2, ...]).
Right answer: NOT equivalent; with two devices the "positive" of an image is another image.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "z = tf.concat([tf.concat([z_i, z_j], axis=0) for z_i, z_j in per_rank], axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, proj, world_size, temperature = 12, 6, 4, 2, 0.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.7 * arr(d, 5), name="w1")
    w2 = tf.Variable(0.7 * arr(5, proj), name="w2")
    base = arr(n, d)
    batch = {"x_i": (base + 0.3 * arr(n, d)).astype(f), "x_j": (base + 0.3 * arr(n, d)).astype(f)}

    def project(x):
        return tf.math.l2_normalize(tf.nn.relu(x @ w1) @ w2 + 0.1, axis=1)

    def reference(b):
        zi, zj = project(b["x_i"]), project(b["x_j"])
        m = zi.shape[0]
        total = 0.0
        for k in range(m):
            for anchor, other, own in ((zi[k], zj[k], zi), (zj[k], zi[k], zj)):
                partners = zj if own is zi else zi
                same_view = tf.concat([own[:k], own[k + 1 :]], axis=0)
                sims = tf.linalg.matvec(tf.concat([same_view, partners], axis=0), anchor) / temperature
                total += tf.reduce_logsumexp(sims) - tf.reduce_sum(anchor * other) / temperature
        return total / (2 * m)

    def candidate(b):
        # what all_gather delivers: one (z_i, z_j) pair of blocks per rank
        per_rank = list(
            zip(tf.split(project(b["x_i"]), world_size), tf.split(project(b["x_j"]), world_size))
        )
        z = tf.concat([tf.concat([z_i, z_j], axis=0) for z_i, z_j in per_rank], axis=0)
        N = z.shape[0]
        half = N // 2
        sim = tf.matmul(z, z, transpose_b=True) / temperature
        sim_i_j = tf.linalg.diag_part(sim, k=half)
        sim_j_i = tf.linalg.diag_part(sim, k=-half)
        positive_samples = tf.concat([sim_i_j, sim_j_i], axis=0)
        mask = np.ones((N, N), dtype=bool)
        np.fill_diagonal(mask, False)
        for i in range(half):
            mask[i, half + i] = mask[half + i, i] = False
        negative_samples = tf.reshape(tf.boolean_mask(sim, mask), [N, N - 2])
        logits = tf.concat([positive_samples[:, None], negative_samples], axis=1)
        labels = tf.zeros([N], dtype=tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
