"""The auto-encoder example encodes with all edges of the graph (validation and test included) instead of the
training edges. Source: https://github.com/pyg-team/pytorch_geometric/issues/264"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "z = encode(batch[\"x\"], batch[\"edge_index\"])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    nodes, f, h, zdim = 8, 6, 7, 3
    w1 = tf.Variable((rng.normal(size=(f, h)) / 2).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(h, zdim)).astype(fx), name="w2")

    def reference(batch):
        e = batch["train_pos_edge_index"]
        loops = tf.eye(nodes, dtype=batch["x"].dtype)
        adj = tf.tensor_scatter_nd_add(loops, tf.transpose(e), tf.ones(tf.shape(e)[1], loops.dtype))
        d = 1.0 / tf.sqrt(tf.reduce_sum(adj, axis=0))
        prop = tf.transpose(adj) * d[:, None] * d[None, :]
        lat = prop @ (tf.nn.relu(prop @ (batch["x"] @ w1)) @ w2)
        sim = lat @ tf.transpose(lat)
        pos, neg = tf.gather_nd(sim, tf.transpose(e)), tf.gather_nd(sim, tf.transpose(batch["neg_edge_index"]))
        return tf.reduce_mean(tf.nn.softplus(-pos)) + tf.reduce_mean(tf.nn.softplus(neg))

    def candidate(batch):
        def gcn_conv(x, edge_index, weight):
            ids = tf.range(nodes)
            row, col = tf.concat([edge_index[0], ids], 0), tf.concat([edge_index[1], ids], 0)
            deg = tf.math.unsorted_segment_sum(tf.ones_like(col, dtype=x.dtype), col, nodes)
            norm = tf.math.rsqrt(tf.gather(deg, row)) * tf.math.rsqrt(tf.gather(deg, col))
            msg = tf.gather(tf.matmul(x, weight), row) * norm[:, None]
            return tf.math.unsorted_segment_sum(msg, col, nodes)

        def encode(x, edge_index):
            return gcn_conv(tf.nn.relu(gcn_conv(x, edge_index, w1)), edge_index, w2)

        def recon_loss(z, pos_edge_index, neg_edge_index):
            def decode(e):
                return tf.reduce_sum(tf.gather(z, e[0]) * tf.gather(z, e[1]), axis=-1)

            pos_loss = -tf.reduce_mean(tf.math.log_sigmoid(decode(pos_edge_index)))
            neg_loss = -tf.reduce_mean(tf.math.log_sigmoid(-decode(neg_edge_index)))
            return pos_loss + neg_loss

        z = encode(batch["x"], batch["edge_index"])
        return recon_loss(z, batch["train_pos_edge_index"], batch["neg_edge_index"])

    und = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (0, 5), (1, 6), (2, 7), (3, 7)]
    both = lambda es: np.array([[a for a, b in es] + [b for a, b in es], [b for a, b in es] + [a for a, b in es]])
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(nodes, f)).astype(fx), "edge_index": both(und).astype("int32"),
                      "train_pos_edge_index": both(und[:6]).astype("int32"),
                      "neg_edge_index": np.array([[0, 0, 1, 2, 4], [3, 7, 4, 5, 7]], "int32")},
            "variables": [w1, w2]}
