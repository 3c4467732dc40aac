"""TensorNet interaction in PyG: the messages of the edges are summed into the nodes from which they come
instead of the nodes to which they go; wrong energies for directed (asymmetric) neighbour lists.
Source: https://github.com/materialyzeai/matgl/pull/755"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "agg = scatter_add(messages, edge_index[0], x.shape[0])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, feat, hid, edges, graphs = 18, 5, 7, 40, 3
    w_node, w_edge = var("w_node", feat, hid), var("w_edge", 2, hid)
    w_self, w_out = var("w_self", feat, hid), var("w_out", hid, 1)
    graph_of = np.sort(np.concatenate([np.arange(graphs), rng.integers(0, graphs, n - graphs)]))
    src = rng.integers(0, n, edges)
    dst = np.array([rng.choice(np.flatnonzero(graph_of == graph_of[s])) for s in src])
    batch = {
        "x": rng.standard_normal((n, feat)).astype(f),
        "edge_index": np.stack([src, dst]),
        "edge_attr": rng.standard_normal((edges, 2)).astype(f),
        "energy": rng.standard_normal(graphs).astype(f),
    }
    seg = tf.constant(graph_of)

    def reference(batch):
        x = batch["x"]
        received = [tf.zeros([hid], f) for _ in range(n)]
        for e in range(edges):
            a, b = int(batch["edge_index"][0, e]), int(batch["edge_index"][1, e])
            msg = tf.nn.silu(x[a][None] @ w_node + batch["edge_attr"][e][None] @ w_edge)[0]
            received[b] = received[b] + msg
        site = tf.tanh(x @ w_self + tf.stack(received)) @ w_out
        member = tf.one_hot(seg, graphs, dtype=f)
        energy = tf.linalg.matvec(member, site[:, 0], transpose_a=True)
        return tf.reduce_mean((energy - batch["energy"]) ** 2)

    def candidate(batch):
        def scatter_add(values, index, size):
            return tf.math.unsorted_segment_sum(values, index, size)

        x, edge_index = batch["x"], batch["edge_index"]
        messages = tf.nn.silu(tf.gather(x, edge_index[0]) @ w_node + batch["edge_attr"] @ w_edge)
        agg = scatter_add(messages, edge_index[0], x.shape[0])
        h = tf.tanh(x @ w_self + agg)
        pred = tf.math.segment_sum(tf.squeeze(h @ w_out, -1), seg)
        return tf.reduce_mean(tf.square(pred - batch["energy"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [w_node, w_edge, w_self, w_out]}
