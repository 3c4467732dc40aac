"""The degrees for the normalisation are taken before the self loops are added: D^-1/2 (A+I) D^-1/2 in place of (D+I).

Source (real): https://github.com/pyg-team/pytorch_geometric/issues/48
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'deg = tf.reduce_sum(adj, axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, c = 10, 6, 5, 3
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(np.float32), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, c))).astype(np.float32), name="w2")
    up = np.triu(rng.random((n, n)) < 0.3, 1)
    adj = (up | up.T).astype(np.float32)
    for i in range(n):                                   # no isolated nodes
        adj[i, (i + 1) % n] = adj[(i + 1) % n, i] = 1.0
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "adj": adj,
        "y": rng.integers(0, c, size=n).astype(np.int32),
        "train": (np.arange(n) % 3 != 0).astype(np.float32),
    }

    def node_loss(logits, b):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=logits)
        data = tf.reduce_sum(ce * b["train"]) / tf.reduce_sum(b["train"])
        return data + 5e-3 * tf.nn.l2_loss(w1)

    def reference(b):
        a_tilde = b["adj"] + tf.eye(n)
        d_inv_sqrt = tf.linalg.diag(1.0 / tf.sqrt(tf.reduce_sum(a_tilde, axis=1)))
        a_hat = d_inv_sqrt @ a_tilde @ d_inv_sqrt
        hidden = tf.nn.relu(a_hat @ (b["x"] @ w1))
        return node_loss(a_hat @ (hidden @ w2), b)

    def candidate(b):
        adj = b["adj"]
        deg = tf.reduce_sum(adj, axis=1)
        norm = tf.math.rsqrt(deg)
        edges = tf.linalg.set_diag(adj, tf.ones(n))
        prop = lambda z: norm[:, None] * tf.matmul(edges, norm[:, None] * z)
        hidden = tf.nn.relu(prop(tf.matmul(b["x"], w1)))
        logits = prop(tf.matmul(hidden, w2))
        return node_loss(logits, b)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
