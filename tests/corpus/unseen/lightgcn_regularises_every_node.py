"""LightGCN: the L2 term is taken over the embeddings of all the nodes instead of those in the mini-batch.

Source (real): https://github.com/pyg-team/pytorch_geometric/pull/7384
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'reg = tf.nn.l2_loss(emb)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    users, items, d, layers, n, decay = 8, 12, 5, 2, 7, 0.5
    nodes = users + items
    emb = tf.Variable(rng.normal(0, 0.5, (nodes, d)), name="embedding", dtype=tf.float32)
    R = (rng.random((users, items)) < 0.35).astype(np.float32)
    R[np.arange(users), rng.integers(0, items, users)] = 1.0
    A = np.zeros((nodes, nodes), np.float32)
    A[:users, users:], A[users:, :users] = R, R.T
    deg = np.maximum(A.sum(1), 1.0) ** -0.5
    adj = tf.constant(deg[:, None] * A * deg[None])
    batch = {"user": rng.integers(0, users, n).astype(np.int32),
             "pos": (users + rng.integers(0, items, n)).astype(np.int32),
             "neg": (users + rng.integers(0, items, n)).astype(np.int32)}

    def propagate():
        x, out = emb, emb / (layers + 1)
        for _ in range(layers):
            x = adj @ x
            out += x / (layers + 1)
        return out

    def bpr(b, z):
        u, p, q = (tf.gather(z, b[k]) for k in ("user", "pos", "neg"))
        return tf.reduce_mean(tf.nn.softplus(tf.reduce_sum(u * (q - p), axis=1)))

    def reference(b):
        rank_loss = bpr(b, propagate())
        ids = tf.concat([b["user"], b["pos"], b["neg"]], 0)
        reg_batch = tf.nn.l2_loss(tf.gather(emb, ids))
        return rank_loss + decay * reg_batch / n

    def candidate(b):
        rank_loss = bpr(b, propagate())
        reg = tf.nn.l2_loss(emb)
        return rank_loss + decay * reg / n

    return {"variables": [emb], "batch": batch, "reference": reference, "candidate": candidate}
