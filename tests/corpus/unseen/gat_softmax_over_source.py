"""GAT layer: attention must be normalised over the edges that arrive at one node; the message function groups by the source node instead.
Source: https://github.com/snap-stanford/pretrain-gnns/issues/49"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'alpha = softmax(alpha, edge_index[0])',
    "same_forward_value": False,
}

def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e = 14, 5, 3
    w = tf.Variable(0.6 * rng.normal(size=(d, e)), dtype=f, name="w")
    att_i = tf.Variable(rng.normal(size=(e,)), dtype=f, name="att_i")
    att_j = tf.Variable(rng.normal(size=(e,)), dtype=f, name="att_j")
    adj = (rng.random((n, n)) < 0.25) | np.eye(n, dtype=bool)
    src, dst = np.nonzero(adj)
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "y": rng.normal(size=(n, e)).astype(f),
        "src": src.astype("int32"),
        "dst": dst.astype("int32"),
    }

    def reference(batch):
        h = batch["x"] @ w
        links = tf.scatter_nd(tf.stack([batch["dst"], batch["src"]], 1), tf.ones_like(batch["src"]), (n, n)) > 0
        to = tf.linalg.matvec(h, att_i)
        frm = tf.linalg.matvec(h, att_j)
        e_ij = tf.nn.leaky_relu(to[:, None] + frm[None, :], 0.2)
        p = tf.nn.softmax(tf.where(links, e_ij, -1e9), axis=1)
        return tf.reduce_mean((p @ h - batch["y"]) ** 2)

    def candidate(batch):
        def softmax(score, group):
            top = tf.math.unsorted_segment_max(score, group, n)
            ex = tf.exp(score - tf.gather(top, group))
            return ex / tf.gather(tf.math.unsorted_segment_sum(ex, group, n), group)

        class GATConv:
            def message(self, edge_index, x_i, x_j):
                both = tf.concat([x_i, x_j], axis=-1)
                alpha = tf.reduce_sum(both * tf.concat([att_i, att_j], 0), axis=-1)
                alpha = tf.nn.leaky_relu(alpha, alpha=0.2)
                alpha = softmax(alpha, edge_index[0])
                return x_j * alpha[:, None]

            def propagate(self, edge_index, x):
                m = self.message(edge_index, tf.gather(x, edge_index[1]), tf.gather(x, edge_index[0]))
                return tf.math.unsorted_segment_sum(m, edge_index[1], n)

        hidden = tf.matmul(batch["x"], w)
        out = GATConv().propagate((batch["src"], batch["dst"]), hidden)
        return tf.reduce_mean(tf.math.squared_difference(batch["y"], out))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, att_i, att_j]}
