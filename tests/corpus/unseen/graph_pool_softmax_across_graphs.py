"""Attention pooling of graphs in one disjoint batch: the softmax runs over the nodes of all the graphs together.

Source (real): https://github.com/danielegrattarola/spektral/issues/302
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'coeff = tf.nn.softmax(score, axis=0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    nodes, graphs, d, hid, n_cls = 20, 5, 5, 8, 3
    gid = np.sort(np.concatenate([np.arange(graphs), rng.integers(0, graphs, nodes - graphs)]))
    adj = (rng.random((nodes, nodes)) < 0.4) & (gid[:, None] == gid[None])
    adj = adj | adj.T | np.eye(nodes, dtype=bool)
    w = tf.Variable(rng.normal(0, 0.5, (d, hid)), name="gcn")
    att = tf.Variable(rng.normal(0, 1.0, (hid,)), name="pool/attn")
    out = tf.Variable(rng.normal(0, 0.6, (hid, n_cls)), name="head")
    batch = {"x": rng.normal(size=(nodes, d)), "adj": adj / adj.sum(1, keepdims=True),
             "graph": gid, "y": rng.integers(0, n_cls, graphs)}

    def encode(b):
        return tf.nn.relu(b["adj"] @ (b["x"] @ w))

    def head_loss(b, pooled):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=pooled @ out)
        return tf.reduce_mean(ce)

    def reference(b):
        h = encode(b)
        rows = []
        for g in range(graphs):
            hg = tf.boolean_mask(h, b["graph"] == g)
            a = tf.nn.softmax(tf.linalg.matvec(hg, att))
            rows.append(tf.linalg.matvec(hg, a, transpose_a=True))
        return head_loss(b, tf.stack(rows))

    def candidate(b):
        h = encode(b)
        score = tf.linalg.matvec(h, att)
        coeff = tf.nn.softmax(score, axis=0)
        pooled = tf.math.segment_sum(coeff[:, None] * h, b["graph"])
        return head_loss(b, pooled)

    return {"variables": [w, att, out], "batch": batch, "reference": reference, "candidate": candidate}
