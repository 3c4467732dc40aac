"""gcn_norm always counts the degree at the target column, also when messages flow from target to source.
Source: https://github.com/pyg-team/pytorch_geometric/pull/5149"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "deg = tf.math.unsorted_segment_sum(edge_weight, col, nodes)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, d, h, c = 6, 4, 5, 3
    w1 = tf.Variable(rng.standard_normal((d, h)).astype(f), name="w1")
    w2 = tf.Variable(rng.standard_normal((h, c)).astype(f), name="w2")

    def reference(batch):
        src, dst = batch["edge_index"][0], batch["edge_index"][1]
        adj = tf.tensor_scatter_nd_add(tf.zeros((nodes, nodes), w1.dtype), tf.stack([src, dst], 1), batch["weight"])
        adj += tf.eye(nodes, dtype=w1.dtype)
        deg = tf.reduce_sum(adj, axis=1)
        norm = adj / tf.sqrt(deg[:, None] * deg[None, :])
        hidden = tf.nn.relu(norm @ (batch["x"] @ w1))
        logits = norm @ (hidden @ w2)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        flow = "target_to_source"

        def gcn_norm(edge_index, edge_weight):
            loops = tf.range(nodes, dtype=edge_index.dtype)
            edge_index = tf.concat([edge_index, tf.stack([loops, loops])], axis=1)
            edge_weight = tf.concat([edge_weight, tf.ones(nodes, edge_weight.dtype)], axis=0)
            row, col = edge_index[0], edge_index[1]
            deg = tf.math.unsorted_segment_sum(edge_weight, col, nodes)
            deg_inv_sqrt = tf.math.rsqrt(deg)
            return edge_index, tf.gather(deg_inv_sqrt, row) * edge_weight * tf.gather(deg_inv_sqrt, col)

        def propagate(edge_index, x, norm):
            i, j = (1, 0) if flow == "source_to_target" else (0, 1)
            messages = norm[:, None] * tf.gather(x, edge_index[j])
            return tf.math.unsorted_segment_sum(messages, edge_index[i], nodes)

        edge_index, norm = gcn_norm(batch["edge_index"], batch["weight"])
        x = tf.nn.relu(propagate(edge_index, batch["x"] @ w1, norm))
        out = propagate(edge_index, x @ w2, norm)
        nll = -tf.gather(tf.nn.log_softmax(out, axis=-1), batch["y"], axis=1, batch_dims=1)
        return tf.reduce_mean(nll)

    src = np.array([0, 0, 0, 0, 1, 2, 3, 5, 1])
    dst = np.array([1, 2, 3, 4, 2, 3, 4, 0, 3])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((nodes, d)).astype(f),
                      "edge_index": np.stack([src, dst]).astype("int32"),
                      "weight": rng.uniform(0.5, 1.5, len(src)).astype(f),
                      "y": rng.integers(0, c, nodes).astype("int32")},
            "variables": [w1, w2]}
