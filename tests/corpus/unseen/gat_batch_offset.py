"""Batched GAT: the flattened node features are addressed with a stride of batch_size instead of num_nodes.

Source (real): https://github.com/phlippe/uvadlc_notebooks/issues/5 (tutorial 7, GATLayer, PyTorch, ported; confirmed and fixed).
Right answer: NOT equivalent; the attention logits of graph b are computed from nodes of other graphs.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "graph_offset = edges[:, 0] * batch_size",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d, c = 12, 14, 3, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    projection = tf.Variable(0.7 * arr(d, c), name="projection")
    a = tf.Variable(0.8 * arr(2 * c), name="a")
    readout = tf.Variable(0.6 * arr(c), name="readout")
    adj = (rng.random((n, nodes, nodes)) < 0.2).astype(f)
    adj = np.maximum(adj, np.eye(nodes, dtype=f)[None])
    batch = {"node_feats": arr(n, nodes, d), "adj_matrix": adj, "y": arr(n, nodes)}

    def reference(b):
        total = 0.0
        for x, adjacency, y in zip(b["node_feats"], b["adj_matrix"], b["y"]):
            h = x @ projection
            own, other = tf.linalg.matvec(h, a[:c]), tf.linalg.matvec(h, a[c:])
            score = tf.nn.leaky_relu(own[:, None] + other[None, :], alpha=0.2)
            weight = tf.exp(score) * adjacency
            weight = weight / tf.reduce_sum(weight, axis=1, keepdims=True)
            out = tf.linalg.matvec(tf.nn.elu(weight @ h), readout)
            total += tf.reduce_mean(tf.square(out - y))
        return total / b["y"].shape[0]

    def candidate(b):
        adj_matrix = b["adj_matrix"]
        batch_size, num_nodes = adj_matrix.shape[0], adj_matrix.shape[1]
        node_feats = b["node_feats"] @ projection
        edges = tf.where(adj_matrix > 0)
        node_feats_flat = tf.reshape(node_feats, [batch_size * num_nodes, -1])
        graph_offset = edges[:, 0] * batch_size
        edge_indices_row = graph_offset + edges[:, 1]
        edge_indices_col = graph_offset + edges[:, 2]
        a_input = tf.concat(
            [tf.gather(node_feats_flat, edge_indices_row), tf.gather(node_feats_flat, edge_indices_col)], axis=-1
        )
        attn_logits = tf.nn.leaky_relu(tf.einsum("ec,c->e", a_input, a), alpha=0.2)
        attn_matrix = tf.fill(adj_matrix.shape, tf.constant(-9e15, adj_matrix.dtype))
        attn_matrix = tf.tensor_scatter_nd_update(attn_matrix, edges, attn_logits)
        attn_probs = tf.nn.softmax(attn_matrix, axis=2)
        node_feats = tf.einsum("bij,bjc->bic", attn_probs, node_feats)
        pred = tf.einsum("bic,c->bi", tf.nn.elu(node_feats), readout)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [projection, a, readout], "batch": batch, "reference": reference, "candidate": candidate}
