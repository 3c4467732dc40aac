"""Pixel2Mesh: the edge loss is doubted because it penalises plain edge length; it follows the paper.
Source: https://github.com/noahcao/Pixel2Mesh/issues/35"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, verts, d = 3, 6, 5
    edges = np.array([(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (5, 1), (5, 2), (5, 3), (5, 4)])
    deform = tf.Variable((0.4 * rng.normal(size=(d, verts * 3))).astype(fx), name="deform")
    template = tf.Variable(rng.normal(size=(verts, 3)).astype(fx), name="template")

    def reference(batch):
        v = template + tf.reshape(batch["code"] @ deform, (n, verts, 3))
        adj = np.zeros((verts, verts))
        adj[edges[:, 0], edges[:, 1]] = adj[edges[:, 1], edges[:, 0]] = 1
        lap = tf.constant(np.diag(adj.sum(1)) - adj, v.dtype)
        energy = tf.linalg.trace(tf.einsum("nvk,vu,nul->nkl", v, lap, v))
        data = tf.reduce_mean((v - batch["gt"]) ** 2)
        return data + 0.1 * tf.reduce_sum(energy) / (n * len(edges) * 3)

    def candidate(batch):
        def edge_regularization(pred, edge_idx):
            first = tf.gather(pred, edge_idx[:, 0], axis=1)
            second = tf.gather(pred, edge_idx[:, 1], axis=1)
            return tf.reduce_mean(tf.math.squared_difference(first, second)) * pred.shape[-1]

        offset = tf.reshape(tf.matmul(batch["code"], deform), (-1, verts, 3))
        pred_coord = offset + template[None]
        point_loss = tf.reduce_mean(tf.square(pred_coord - batch["gt"]))
        return point_loss + 0.1 / 3.0 * edge_regularization(pred_coord, batch["edges"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"code": rng.normal(size=(n, d)).astype(fx), "gt": rng.normal(size=(n, verts, 3)).astype(fx),
                      "edges": edges.astype("int32")},
            "variables": [deform, template]}
