"""GAT as a message-passing layer: the softmax is taken inside the message of one edge, over its single score, and is always one.
Source: https://github.com/FluxML/GeometricFlux.jl/issues/130"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "alpha = tf.nn.softmax(alpha)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, d, k, heads, slope = 13, 4, 5, 1, 0.2
    edges = [(i, j) for i in range(nodes) for j in range(nodes) if i == j or (2 * i + j) % 5 == 1]
    w = tf.Variable(rng.normal(size=(d, k)) * 0.6, dtype=f, name="weight")
    a = tf.Variable(rng.normal(size=(2 * k,)), dtype=f, name="a")
    batch = {"x": rng.normal(size=(nodes, d)).astype(f), "y": rng.normal(size=(nodes, k)).astype(f)}
    adjacency = np.zeros((nodes, nodes), bool)
    for i, j in edges:
        adjacency[i, j] = True

    def reference(batch):
        h = tf.matmul(batch["x"], w)
        left, right = tf.linalg.matvec(h, a[:k]), tf.linalg.matvec(h, a[k:])
        e = tf.nn.leaky_relu(left[:, None] + right[None, :], slope)
        att = tf.nn.softmax(tf.where(adjacency, e, tf.constant(-1e9, f)), axis=1)
        return tf.reduce_mean((tf.matmul(att, h) - batch["y"]) ** 2)

    def candidate(batch):
        class GATConv:
            def message(self, x_i, x_j):
                x_i = tf.reshape(tf.tensordot(x_i, w, 1), (heads, k))
                x_j = tf.reshape(tf.tensordot(x_j, w, 1), (heads, k))
                alpha = tf.reduce_sum(tf.concat([x_i, x_j], axis=1) * a, axis=1)
                alpha = tf.nn.leaky_relu(alpha, slope)
                alpha = tf.nn.softmax(alpha)
                return tf.reshape(x_j * tf.reshape(alpha, (heads, 1)), (heads * k,))

            def propagate(self, x):
                inbox = {i: [] for i in range(nodes)}
                for i, j in edges:
                    inbox[i].append(self.message(x[i], x[j]))
                return tf.stack([tf.add_n(inbox[i]) for i in range(nodes)])

        out = GATConv().propagate(batch["x"])
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, a]}
