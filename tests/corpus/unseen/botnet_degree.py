"""Botnet GCN: messages are scaled by the degree of the sending node, not of the receiving one (random-walk norm).
Source: https://github.com/harvardnlp/botnet-detection/issues/17"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "norm = tf.gather(deg_inv, src)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    nodes, d, h = 7, 4, 5
    pairs = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (4, 5), (5, 6)]
    ei = np.array([(a, b) for a, b in pairs] + [(b, a) for a, b in pairs]).T.astype("int32")
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(fx), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, 2))).astype(fx), name="w2")
    root = tf.Variable((0.4 * rng.normal(size=(d, h))).astype(fx), name="root")

    def reference(batch):
        s, t = batch["edge_index"][0], batch["edge_index"][1]
        ones = tf.ones(tf.shape(s), batch["x"].dtype)
        adj = tf.scatter_nd(tf.stack([t, s], 1), ones, (nodes, nodes))
        walk = adj / tf.reduce_sum(adj, axis=1, keepdims=True)
        h1 = tf.nn.relu(walk @ (batch["x"] @ w1) + batch["x"] @ root)
        logits = walk @ (h1 @ w2)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        src, dst = tf.unstack(batch["edge_index"], axis=0)

        def propagate(x, weight):
            z = tf.matmul(x, weight)
            deg = tf.math.unsorted_segment_sum(tf.ones_like(src, dtype=z.dtype), dst, nodes)
            deg_inv = tf.math.divide_no_nan(tf.ones_like(deg), deg)
            norm = tf.gather(deg_inv, src)
            x_j = tf.gather(z, src) * norm[:, None]
            return tf.math.unsorted_segment_sum(x_j, dst, nodes)

        hidden = tf.nn.relu(propagate(batch["x"], w1) + tf.matmul(batch["x"], root))
        scores = propagate(hidden, w2)
        logp = tf.nn.log_softmax(scores, axis=1)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], axis=1, batch_dims=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, d)).astype(fx), "edge_index": ei,
                      "y": rng.integers(0, 2, nodes).astype("int32")},
            "variables": [w1, w2, root]}
