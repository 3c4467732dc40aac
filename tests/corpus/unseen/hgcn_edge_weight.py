"""H-GCN normalises the CSR adjacency with the weight stored at the neighbour's id instead of the edge's own position.
Source: https://github.com/CRIPAC-DIG/H-GCN/issues/2"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "w_edge = tf.gather(adj_wgt, neigh)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    nodes, feat, k = 6, 4, 3
    sym = np.triu(rng.uniform(0.5, 4.0, size=(nodes, nodes)), 1)
    keep = np.triu(rng.uniform(size=(nodes, nodes)) < 0.6, 1)
    for i in range(nodes - 1):
        keep[i, i + 1] = True
    sym = sym * keep
    sym = sym + sym.T
    src, dst = np.nonzero(sym)
    w1 = tf.Variable(rng.normal(size=(feat, 5)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(5, k)).astype(fx), name="w2")

    def reference(batch):
        dense = tf.scatter_nd(tf.stack([batch["src"], batch["adj_list"]], axis=1), batch["adj_wgt"], (nodes, nodes))
        inv = tf.math.rsqrt(tf.reduce_sum(dense, axis=1))
        a_hat = inv[:, None] * dense * inv[None, :]
        logits = a_hat @ tf.nn.relu(a_hat @ batch["x"] @ w1) @ w2
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        adj_wgt, neigh, row = batch["adj_wgt"], batch["adj_list"], batch["src"]
        degree = tf.math.unsorted_segment_sum(adj_wgt, row, nodes)
        w_edge = tf.gather(adj_wgt, neigh)
        norm_wgt = w_edge / tf.sqrt(tf.gather(degree, row) * tf.gather(degree, neigh))

        def propagate(h):
            return tf.math.unsorted_segment_sum(norm_wgt[:, None] * tf.gather(h, neigh), row, nodes)

        hidden = tf.nn.relu(propagate(batch["x"]) @ w1)
        logits = propagate(hidden) @ w2
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"src": src.astype("int32"), "adj_list": dst.astype("int32"), "adj_wgt": sym[src, dst].astype(fx),
                      "x": rng.normal(size=(nodes, feat)).astype(fx),
                      "y": rng.integers(0, k, size=nodes).astype("int32")},
            "variables": [w1, w2]}
