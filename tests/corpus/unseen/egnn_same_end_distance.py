"""EGNN layer of ED2Mol: displacement and distance of an edge are both taken between edge_index[0] and edge_index[0],
so every distance is zero and the coordinates never enter.
Source: https://github.com/pineappleK/ED2Mol/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "rela_diff = tf.gather(coords, edge_index[0]) - tf.gather(coords, edge_index[0])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, m, e = 14, 4, 6, 31
    dst = rng.integers(0, n, e)
    src = (dst + rng.integers(1, n, e)) % n

    def par(name, *shape):
        return tf.Variable((0.5 * rng.standard_normal(shape)).astype(f), name=name)

    w_msg, w_coord, w_node = par("w_msg", 2 * d + 1, m), par("w_coord", m, 1), par("w_node", d + m, d)

    def reference(batch):
        x, pos = batch["feats"], batch["coords"]
        total_x = [x[i] for i in range(n)]
        new_pos = [pos[i] for i in range(n)]
        agg = [tf.zeros([m], f) for _ in range(n)]
        for i, j in zip(dst, src):
            gap = pos[i] - pos[j]
            inp = tf.concat([x[i], x[j], tf.reduce_sum(gap * gap)[None]], 0)
            msg = tf.tanh(tf.linalg.matvec(w_msg, inp, transpose_a=True))
            agg[i] += msg
            new_pos[i] += gap * tf.reduce_sum(msg * w_coord[:, 0])
        loss = 0.0
        for i in range(n):
            h = total_x[i] + tf.linalg.matvec(w_node, tf.concat([x[i], agg[i]], 0), transpose_a=True)
            loss += tf.reduce_sum((new_pos[i] - batch["target"][i]) ** 2) + 0.1 * tf.reduce_sum(h * h)
        return loss / n

    def candidate(batch):
        class EGNNLayer:
            def __init__(self, edge_index):
                self.edge_index = edge_index

            def forward(self, h, coords):
                edge_index = self.edge_index
                rela_diff = tf.gather(coords, edge_index[0]) - tf.gather(coords, edge_index[0])
                dist = tf.reduce_sum(tf.square(rela_diff), axis=1, keepdims=True)
                message = tf.concat([tf.gather(h, edge_index[0]), tf.gather(h, edge_index[1]), dist], axis=1)
                message = tf.tanh(message @ w_msg)
                coords = coords + tf.math.unsorted_segment_sum(rela_diff * (message @ w_coord), edge_index[0], n)
                m_i = tf.math.unsorted_segment_sum(message, edge_index[0], n)
                return h + tf.concat([h, m_i], axis=1) @ w_node, coords

        h, coords = EGNNLayer([dst, src]).forward(batch["feats"], batch["coords"])
        return (tf.reduce_sum(tf.square(coords - batch["target"])) + 0.1 * tf.reduce_sum(tf.square(h))) / n

    batch = {"feats": rng.standard_normal((n, d)).astype(f), "coords": rng.standard_normal((n, 3)).astype(f),
             "target": rng.standard_normal((n, 3)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w_msg, w_coord, w_node]}
