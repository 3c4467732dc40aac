"""Hypergraph attention: the softmax over incidences is grouped by node instead of by hyperedge.

Source (real): https://github.com/shangzongjiang/Ada-MSHyper/issues/7 (PyTorch Geometric, ported; the reporter says that
HypergraphConv must use softmax(alpha, hyperedge_index[1], ...)).
Right answer: NOT equivalent; the weights of the nodes inside a hyperedge do not add up to one.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "alpha = softmax(alpha, hyperedge_index[0], num_nodes)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, edges = 14, 5, 3, 6

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    weight = tf.Variable(0.6 * arr(d, hid), name="weight")
    att = tf.Variable(arr(2 * hid), name="att")
    readout = tf.Variable(arr(hid), name="readout")
    # every hyperedge holds 4 of the n time points
    members = np.stack([rng.choice(n, 4, replace=False) for _ in range(edges)])
    node_idx = members.reshape(-1)
    edge_idx = np.repeat(np.arange(edges), 4)
    target = arr(edges)
    batch = {"x": arr(n, d)}

    def reference(b):
        h = b["x"] @ weight
        loss = 0.0
        for e in range(edges):
            own = tf.gather(h, members[e])
            centre = tf.reduce_mean(own, axis=0)
            score = [
                tf.nn.leaky_relu(tf.reduce_sum(tf.concat([own[k], centre], 0) * att), 0.2) for k in range(4)
            ]
            a = tf.nn.softmax(tf.stack(score))
            pooled = tf.linalg.matvec(own, a, transpose_a=True)
            loss += tf.square(tf.tensordot(tf.tanh(pooled), readout, 1) - target[e])
        return loss / edges

    def candidate(b):
        num_nodes = b["x"].shape[0]
        hyperedge_index = tf.constant(np.stack([node_idx, edge_idx]))

        def softmax(src, index, num):
            src = tf.exp(src - tf.gather(tf.math.unsorted_segment_max(src, index, num), index))
            return src / tf.gather(tf.math.unsorted_segment_sum(src, index, num), index)

        x = b["x"] @ weight
        x_i = tf.gather(x, hyperedge_index[0])
        edge_sums = tf.math.unsorted_segment_mean(x_i, hyperedge_index[1], edges)
        x_j = tf.gather(edge_sums, hyperedge_index[1])
        alpha = tf.reduce_sum(tf.concat([x_i, x_j], axis=-1) * att, axis=-1)
        alpha = tf.nn.leaky_relu(alpha, 0.2)
        alpha = softmax(alpha, hyperedge_index[0], num_nodes)
        out = tf.math.unsorted_segment_sum(alpha[:, None] * x_i, hyperedge_index[1], edges)
        pred = tf.linalg.matvec(tf.tanh(out), readout)
        return tf.reduce_mean(tf.square(pred - target))

    return {"variables": [weight, att, readout], "batch": batch, "reference": reference, "candidate": candidate}
