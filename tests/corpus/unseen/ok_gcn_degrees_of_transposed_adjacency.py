"""Right: row sums of the transposed adjacency are the in-degrees, as the column sums of the adjacency are.

Source (real): https://github.com/pyg-team/pytorch_geometric/issues/1536
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, c = 9, 5, 6, 3
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(np.float32), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, c))).astype(np.float32), name="w2")
    adj = (rng.random((n, n)) < 0.3).astype(np.float32) * rng.uniform(0.5, 1.5, (n, n)).astype(np.float32)
    np.fill_diagonal(adj, 0.0)
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "adj": adj,                                     # adj[source, target], directed
        "y": rng.integers(0, c, size=n).astype(np.int32),
    }

    def node_loss(logits, y):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))

    def reference(b):
        a = b["adj"] + tf.eye(n)
        src, dst = (tf.cast(ix, tf.int32) for ix in tf.unstack(tf.where(a > 0.0), axis=1))
        weight = tf.gather_nd(a, tf.stack([src, dst], 1))
        deg = tf.math.unsorted_segment_sum(weight, dst, n)
        norm = tf.gather(deg ** -0.5, src) * weight * tf.gather(deg ** -0.5, dst)

        def conv(z, w):
            messages = norm[:, None] * tf.gather(z @ w, src)
            return tf.math.unsorted_segment_sum(messages, dst, n)
        return node_loss(conv(tf.nn.relu(conv(b["x"], w1)), w2), b["y"])

    def candidate(b):
        adj_t = tf.linalg.set_diag(tf.transpose(b["adj"]), tf.ones(n))
        deg = tf.reduce_sum(adj_t, axis=1)
        deg_inv_sqrt = tf.math.rsqrt(deg)
        adj_t = deg_inv_sqrt[:, None] * adj_t * deg_inv_sqrt[None, :]
        hidden = tf.nn.relu(tf.matmul(adj_t, b["x"]) @ w1)
        logits = tf.matmul(adj_t, hidden) @ w2
        return node_loss(logits, b["y"])

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
