"""Thread: the MetaLayer example's NodeModel scatters the edge messages onto the wrong endpoint of the directed edges.
Source: https://github.com/pyg-team/pytorch_geometric/issues/670"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "out = scatter_mean(out, row, n)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, fn, fe, fu, g = 6, 3, 2, 2, 2
    m1 = tf.Variable(rng.normal(size=(fn + fe, 5)).astype(fx), name="node_mlp_1")
    m2 = tf.Variable(rng.normal(size=(fn + 5 + fu, 1)).astype(fx), name="node_mlp_2")
    edges = np.array([(0, 1), (0, 2), (1, 2), (2, 0), (0, 1), (3, 4), (3, 5), (4, 5), (5, 4)]).T

    def reference(batch):
        sender, receiver = batch["edge_index"][0], batch["edge_index"][1]
        msg = tf.nn.relu(tf.concat([tf.gather(batch["x"], sender), batch["edge_attr"]], 1) @ m1)
        agg = []
        for i in range(n):
            hit = tf.cast(receiver == i, msg.dtype)[:, None]
            agg.append(tf.reduce_sum(hit * msg, axis=0) / tf.maximum(tf.reduce_sum(hit), 1.0))
        feats = tf.concat([batch["x"], tf.stack(agg), tf.gather(batch["u"], batch["graph"])], 1)
        return tf.reduce_mean((tf.squeeze(feats @ m2, 1) - batch["y"]) ** 2)

    def candidate(batch):
        def scatter_mean(values, index, size):
            total = tf.math.unsorted_segment_sum(values, index, size)
            count = tf.math.unsorted_segment_sum(tf.ones_like(values[:, :1]), index, size)
            return total / tf.maximum(count, 1.0)

        x, edge_attr, u = batch["x"], batch["edge_attr"], batch["u"]
        row, col = tf.unstack(batch["edge_index"], num=2)

        out = tf.concat([tf.gather(x, row), edge_attr], axis=1)
        out = tf.nn.relu(tf.matmul(out, m1))
        out = scatter_mean(out, row, n)
        out = tf.concat([x, out, tf.gather(u, batch["graph"])], axis=1)
        pred = tf.matmul(out, m2)[:, 0]
        return tf.reduce_mean(tf.square(pred - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, fn)).astype(fx), "edge_index": edges.astype("int64"),
                      "edge_attr": rng.normal(size=(edges.shape[1], fe)).astype(fx),
                      "u": rng.normal(size=(g, fu)).astype(fx), "graph": np.array([0, 0, 0, 1, 1, 1]),
                      "y": rng.normal(size=n).astype(fx)},
            "variables": [m1, m2]}
