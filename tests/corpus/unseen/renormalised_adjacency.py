"""Suspects normalize_adj because it gives D^-1/2 A D^-1/2 with no I minus; with A + I it is what GCN wants.
Source: https://github.com/diegoantognini/pyGAT/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, sc=0.6):
        return tf.Variable((sc * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape):
        return rng.standard_normal(shape).astype(fx)

    n, d, h, classes = 6, 4, 5, 3
    w1, w2 = var("w1", d, h), var("w2", h, classes)
    adj = np.triu(rng.random((n, n)) < 0.4, 1)
    adj = (adj | adj.T).astype(fx)

    def reference(batch):
        neighbours = [[j for j in range(n) if adj[i, j] > 0 or j == i] for i in range(n)]

        def propagate(x):
            rows = []
            for i in range(n):
                rows.append(tf.add_n([x[j] / np.sqrt(len(neighbours[i]) * len(neighbours[j])) for j in neighbours[i]]))
            return tf.stack(rows)

        hidden = tf.nn.relu(propagate(batch["x"] @ w1))
        logp = tf.nn.log_softmax(propagate(hidden @ w2))
        picked = [logp[i, batch["y"][i]] for i in range(0, n, 2)]
        return -tf.add_n(picked) / len(picked)

    def candidate(batch):
        def normalize_adj(mx):
            rowsum = tf.reduce_sum(mx, axis=1)
            r_inv_sqrt = tf.linalg.diag(tf.pow(rowsum, -0.5))
            return tf.matmul(tf.transpose(tf.matmul(mx, r_inv_sqrt)), r_inv_sqrt)

        support = normalize_adj(batch["adj"] + tf.eye(n, dtype=fx))
        z = tf.nn.relu(support @ batch["x"] @ w1)
        logits = tf.matmul(support, z) @ w2
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits)
        return tf.reduce_mean(ce[::2])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(n, d), "adj": adj, "y": rng.integers(0, classes, n).astype("int32")}, "variables": [w1, w2]}
