"""EGNN_sparse expects the coordinates in the first three columns, but returns features first, so the next layer takes
features for coordinates.
Source: https://github.com/lucidrains/egnn-pytorch/issues/10"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "return tf.concat([hidden_out, coors_out], axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, m, e, depth = 13, 4, 5, 30, 2
    i = rng.integers(0, n, e)
    j = (i + rng.integers(1, n, e)) % n
    par = []
    for layer in range(depth):
        for s, shape in (("edge", (2 * d + 1, m)), ("coor", (m, 1)), ("node", (d + m, d))):
            par.append(tf.Variable((0.3 * rng.standard_normal(shape)).astype(f), name=f"{s}{layer}"))

    def reference(batch):
        pos, x = tf.split(batch["x"], [3, d], axis=1)
        into = tf.one_hot(i, n, axis=0, dtype=f)
        for layer in range(depth):
            edge, coor, node = par[3 * layer:3 * layer + 3]
            gap = tf.gather(pos, i) - tf.gather(pos, j)
            sq = tf.reduce_sum(gap ** 2, 1, keepdims=True)
            msg = tf.tanh(tf.gather(x, i) @ edge[:d] + tf.gather(x, j) @ edge[d:2 * d] + sq @ edge[2 * d:])
            pos = pos + into @ (gap * (msg @ coor))
            x = x + x @ node[:d] + into @ msg @ node[d:]
        return tf.reduce_mean((tf.reduce_sum(tf.tanh(x), 1) - batch["y"]) ** 2) + 0.01 * tf.reduce_mean(pos ** 2)

    def candidate(batch):
        class EGNN_sparse:
            def __init__(self, pos_dim, weights):
                self.pos_dim = pos_dim
                self.edge_mlp, self.coors_mlp, self.node_mlp = weights

            def __call__(self, x, edge_index):
                coors, feats = x[:, :self.pos_dim], x[:, self.pos_dim:]
                rel_coors = tf.gather(coors, edge_index[0]) - tf.gather(coors, edge_index[1])
                rel_dist = tf.reduce_sum(tf.square(rel_coors), axis=-1, keepdims=True)
                m_ij = tf.tanh(tf.concat([tf.gather(feats, edge_index[0]), tf.gather(feats, edge_index[1]), rel_dist],
                                         axis=-1) @ self.edge_mlp)
                return self.update(coors, feats, rel_coors, m_ij, edge_index[0])

            def update(self, coors, feats, rel_coors, m_ij, index):
                coors_out = coors + tf.math.unsorted_segment_sum(rel_coors * (m_ij @ self.coors_mlp), index, n)
                m_i = tf.math.unsorted_segment_sum(m_ij, index, n)
                hidden_out = feats + tf.concat([feats, m_i], axis=-1) @ self.node_mlp
                return tf.concat([hidden_out, coors_out], axis=-1)

        x = batch["x"]
        for layer in range(depth):
            x = EGNN_sparse(3, par[3 * layer:3 * layer + 3])(x, (i, j))
        coors, feats = x[:, :3], x[:, 3:]
        fit = tf.reduce_mean(tf.square(batch["y"] - tf.reduce_sum(tf.tanh(feats), axis=-1)))
        return fit + 0.01 * tf.reduce_mean(tf.square(coors))

    batch = {"x": rng.standard_normal((n, 3 + d)).astype(f), "y": rng.standard_normal(n).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": par}
