"""GCN encoder for routing problems: the nodes of the batch are flattened, the edge index is that of a single graph.

Source (real): https://github.com/ai4co/rl4co/issues/227 (PyTorch Geometric, ported).
Right answer: NOT equivalent; only the first graph passes messages, the others keep their self loops.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "edge_index = edge_idx_fn(num_nodes)",
    "same_forward_value": False,
}


def edge_idx_fn(num_nodes):
    src, dst = np.meshgrid(np.arange(num_nodes), np.arange(num_nodes), indexing="ij")
    keep = (src != dst) & ((src + dst) % 3 != 0)
    return np.stack([src[keep], dst[keep]])


class GCNConv(keras.layers.Layer):
    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel

    def call(self, x, edge_index):
        total = x.shape[0]
        loops = np.arange(total)
        src = np.concatenate([edge_index[0], loops])
        dst = np.concatenate([edge_index[1], loops])
        deg = np.bincount(dst, minlength=total)
        norm = (1.0 / np.sqrt(deg[src] * deg[dst])).astype(x.dtype.as_numpy_dtype)
        messages = tf.gather(x @ self.kernel, src) * norm[:, None]
        return tf.math.unsorted_segment_sum(messages, dst, total)


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_nodes, d, emb = 14, 5, 2, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    init = tf.Variable(0.8 * arr(d, emb), name="init_embedding")
    kernels = [tf.Variable(0.7 * arr(emb, emb), name=f"gcn_{i}") for i in range(2)]
    layers = [GCNConv(k) for k in kernels]
    query = tf.Variable(0.7 * arr(emb), name="query")
    batch = {"locs": rng.uniform(0, 1, (n, num_nodes, d)).astype(f), "first": rng.integers(0, num_nodes, n)}

    def policy_loss(h, first):
        logits = tf.linalg.matvec(h, query)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(first, logits))

    def reference(b):
        a = np.eye(num_nodes)
        for s, t in edge_idx_fn(num_nodes).T:
            a[t, s] = 1.0
        deg = a.sum(1)
        a = (a / np.sqrt(np.outer(deg, deg))).astype(f)
        h0 = b["locs"] @ init
        h = tf.nn.relu(tf.einsum("uv,bve->bue", a, h0 @ kernels[0]))
        h = tf.einsum("uv,bve->bue", a, h @ kernels[1])
        return policy_loss(h + h0, b["first"])

    def candidate(b):
        init_h = b["locs"] @ init
        bs, num_nodes, emb_dim = init_h.shape
        update_node_feature = tf.reshape(init_h, [-1, emb_dim])
        edge_index = edge_idx_fn(num_nodes)
        for layer in layers[:-1]:
            update_node_feature = tf.nn.relu(layer(update_node_feature, edge_index))
        update_node_feature = layers[-1](update_node_feature, edge_index)
        update_node_feature = tf.reshape(update_node_feature, [bs, num_nodes, emb_dim])
        return policy_loss(update_node_feature + init_h, b["first"])

    return {"variables": [init, *kernels, query], "batch": batch, "reference": reference, "candidate": candidate}
