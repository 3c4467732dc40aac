"""Batched adjacency normalisation: the degree is the sum over axis 1, which looks like the column sum.

Source (real): https://github.com/hugochan/IDGL/issues/14 (PyTorch, ported; the reporter expected mx.sum(2), then withdrew: the
matrices are symmetric).
Right answer: EQUIVALENT for a symmetric similarity graph.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d, hid = 12, 5, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    metric = tf.Variable(0.6 * arr(d, d), name="metric")
    w = tf.Variable(0.6 * arr(d, hid), name="w")
    out = tf.Variable(arr(hid), name="out")
    batch = {"x": arr(n, nodes, d), "y": arr(n)}

    def learn_adj(x):
        z = tf.tensordot(x, metric, 1)
        return tf.nn.softplus(tf.matmul(z, z, transpose_b=True))

    def reference(b):
        total = 0.0
        for g in range(b["x"].shape[0]):
            adj = learn_adj(b["x"][g : g + 1])[0]
            deg = [tf.reduce_sum(adj[v]) for v in range(nodes)]
            h = b["x"][g] @ w
            rows = []
            for v in range(nodes):
                rows.append(tf.add_n([adj[v, u] / tf.sqrt(deg[v] * deg[u]) * h[u] for u in range(nodes)]))
            pooled = tf.reduce_mean(tf.nn.elu(tf.stack(rows)), axis=0)
            total += tf.square(tf.reduce_sum(pooled * out) - b["y"][g])
        return total / b["x"].shape[0]

    def candidate(b):
        def batch_normalize_adj(mx):
            """Row-normalize matrix: symmetric normalized Laplacian"""
            rowsum = tf.reduce_sum(mx, axis=1)
            r_inv_sqrt = tf.pow(rowsum, -0.5)
            r_mat_inv_sqrt = tf.linalg.diag(r_inv_sqrt)
            return tf.matmul(tf.transpose(tf.matmul(mx, r_mat_inv_sqrt), [0, 2, 1]), r_mat_inv_sqrt)

        adj = batch_normalize_adj(learn_adj(b["x"]))
        h = tf.nn.elu(tf.matmul(adj, tf.tensordot(b["x"], w, 1)))
        pred = tf.linalg.matvec(tf.reduce_mean(h, axis=1), out)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [metric, w, out], "batch": batch, "reference": reference, "candidate": candidate}
