"""GCN: the adjacency is normalised as (A D^-1/2)^T D^-1/2, which does not look like D^-1/2 A D^-1/2.

Source (real): https://github.com/tkipf/gcn/issues/142 (TensorFlow 1, utils.normalize_adj, ported; answer: identical for a symmetric A).
Right answer: EQUIVALENT, because the graphs are undirected.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d, hid, classes = 12, 6, 4, 5, 3

    gc1 = tf.Variable((0.8 * rng.standard_normal((d, hid))).astype(f), name="gc1")
    gc2 = tf.Variable((0.8 * rng.standard_normal((hid, classes))).astype(f), name="gc2")
    edges = np.triu(rng.random((n, nodes, nodes)) < 0.5, 1) * rng.uniform(0.2, 2.0, (n, nodes, nodes))
    batch = {
        "adj": (edges + edges.transpose(0, 2, 1)).astype(f),
        "features": rng.standard_normal((n, nodes, d)).astype(f),
        "labels": rng.integers(0, classes, (n, nodes)),
    }

    def reference(b):
        loss = 0.0
        for g in range(b["adj"].shape[0]):
            a = b["adj"][g].numpy() + np.eye(nodes, dtype=f)
            deg = a.sum(1)

            def propagate(h):
                new = []
                for v in range(nodes):
                    new.append(tf.add_n([a[v, u] / np.sqrt(deg[v] * deg[u]) * h[u] for u in range(nodes)]))
                return tf.stack(new)

            hidden = tf.nn.relu(propagate(b["features"][g] @ gc1))
            logp = tf.nn.log_softmax(propagate(hidden @ gc2))
            loss -= tf.reduce_sum(tf.gather(logp, b["labels"][g], batch_dims=1))
        return loss / (b["adj"].shape[0] * nodes)

    def candidate(b):
        def normalize_adj(adj):
            rowsum = tf.reduce_sum(adj, axis=2)
            d_inv_sqrt = tf.pow(rowsum, -0.5)
            d_mat_inv_sqrt = tf.linalg.diag(d_inv_sqrt)
            return tf.matmul(tf.transpose(tf.matmul(adj, d_mat_inv_sqrt), [0, 2, 1]), d_mat_inv_sqrt)

        support = normalize_adj(b["adj"] + tf.eye(nodes, dtype=b["adj"].dtype))
        hidden = tf.nn.relu(tf.matmul(support, tf.matmul(b["features"], gc1)))
        outputs = tf.matmul(support, tf.matmul(hidden, gc2))
        loss = tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot(b["labels"], classes, dtype=outputs.dtype), logits=outputs)
        return tf.reduce_mean(loss)

    return {"variables": [gc1, gc2], "batch": batch, "reference": reference, "candidate": candidate}
