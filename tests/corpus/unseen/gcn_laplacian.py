"""GCNConv propagates with the normalised Laplacian where the layer is defined with the normalised adjacency matrix.
Source: https://github.com/FluxML/GeometricFlux.jl/pull/234"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "propagation = normalized_laplacian(adj)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, d, h = 6, 4, 5
    w1 = tf.Variable(rng.standard_normal((d, h)).astype(f), name="w1")
    b1 = tf.Variable((0.2 * rng.standard_normal(h)).astype(f), name="b1")
    w2 = tf.Variable(rng.standard_normal((h, 1)).astype(f), name="w2")

    def reference(batch):
        a = batch["adj"] + tf.eye(nodes, dtype=w1.dtype)
        deg = tf.reduce_sum(a, axis=1)
        rows = []
        for i in range(nodes):
            rows.append(tf.add_n([a[i, j] / tf.sqrt(deg[i] * deg[j]) * batch["x"][j] for j in range(nodes)]))
        hidden = tf.nn.relu(tf.stack(rows) @ w1 + b1)
        return tf.reduce_mean(tf.square(tf.reshape(hidden @ w2, [-1]) - batch["y"]))

    def candidate(batch):
        def degrees(adj):
            return tf.reduce_sum(adj, axis=1)

        def normalized_adjacency(adj):
            inv = tf.linalg.diag(tf.math.rsqrt(degrees(adj)))
            return inv @ adj @ inv

        def normalized_laplacian(adj, selfloop=True):
            if selfloop:
                adj = adj + tf.eye(nodes, dtype=adj.dtype)
            return tf.eye(nodes, dtype=adj.dtype) - normalized_adjacency(adj)

        def gcn_conv(adj, x, weight, bias):
            propagation = normalized_laplacian(adj)
            return tf.nn.relu(propagation @ x @ weight + bias)

        hidden = gcn_conv(batch["adj"], batch["x"], w1, b1)
        out = tf.squeeze(hidden @ w2, axis=-1)
        return tf.reduce_mean(tf.math.squared_difference(out, batch["y"]))

    adj = (rng.uniform(size=(nodes, nodes)) < 0.45).astype(f)
    adj = np.triu(adj, 1)
    adj[0, 1] = adj[2, 3] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((nodes, d)).astype(f), "adj": (adj + adj.T).astype(f),
                      "y": rng.standard_normal(nodes).astype(f)},
            "variables": [w1, b1, w2]}
