"""EGNN layer with two nodes in one place: the square root has no finite gradient at a squared distance of zero and the coordinate gradients become NaN.
Source: https://github.com/dmlc/dgl/issues/7271"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "x_diff = x_diff / (radial ** 0.5 + 1e-30)",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, hid = 13, 4, 6
    edges = [(i, j) for i in range(n) for j in range(n) if i != j and (i + 2 * j) % 3 != 0]
    stretch = tf.Variable(1.0 + 0.2 * rng.normal(size=(3,)), dtype=f, name="stretch")
    w_edge = tf.Variable(rng.normal(size=(2 * d + 1, hid)) * 0.4, dtype=f, name="edge_mlp")
    w_coord = tf.Variable(rng.normal(size=(hid, 1)) * 0.5, dtype=f, name="coord_mlp")
    place = rng.normal(size=(n, 3))
    place[5] = place[3]
    batch = {
        "node_feat": rng.normal(size=(n, d)).astype(f),
        "coord": place.astype(f),
        "target": rng.normal(size=(n, 3)).astype(f),
        "src": np.array([e[0] for e in edges], "int32"),
        "dst": np.array([e[1] for e in edges], "int32"),
    }

    def reference(batch):
        h, src, dst = batch["node_feat"], batch["src"], batch["dst"]
        x = batch["coord"] * stretch[None, :]
        links = tf.scatter_nd(tf.stack([dst, src], 1), tf.ones(tf.shape(src), f), (n, n))[..., None]
        gap = x[None, :, :] - x[:, None, :]
        sq = tf.reduce_sum(gap * gap, -1, keepdims=True)
        apart = sq > 0
        length = tf.sqrt(tf.where(apart, sq, tf.ones_like(sq)))
        unit = tf.where(apart, gap / length, tf.zeros_like(gap))
        both = tf.concat([tf.broadcast_to(h[None], (n, n, d)), tf.broadcast_to(h[:, None], (n, n, d)), sq], -1)
        weight = tf.matmul(tf.nn.silu(tf.matmul(both, w_edge)), w_coord) * links
        move = tf.reduce_sum(weight * unit, axis=1) / tf.reduce_sum(links, axis=1)
        return tf.reduce_mean((x + move - batch["target"]) ** 2)

    def candidate(batch):
        class EGNNConv:
            def __init__(self, src, dst):
                self.src, self.dst = src, dst

            def message(self, h, x_diff, radial):
                feats = tf.concat([tf.gather(h, self.src), tf.gather(h, self.dst), radial], axis=-1)
                msg_h = tf.nn.silu(tf.matmul(feats, w_edge))
                return tf.matmul(msg_h, w_coord) * x_diff

            def __call__(self, node_feat, coord_feat):
                x_diff = tf.gather(coord_feat, self.src) - tf.gather(coord_feat, self.dst)
                radial = tf.reduce_sum(tf.square(x_diff), axis=1)[:, None]
                x_diff = x_diff / (radial ** 0.5 + 1e-30)
                msg_x = self.message(node_feat, x_diff, radial)
                return coord_feat + tf.math.unsorted_segment_mean(msg_x, self.dst, n)

        conv = EGNNConv(batch["src"], batch["dst"])
        coords = conv(batch["node_feat"], batch["coord"] * stretch)
        return tf.reduce_mean(tf.math.squared_difference(coords, batch["target"]))

    return {"reference": reference, "candidate": candidate, "batch": batch,
            "variables": [stretch, w_edge, w_coord]}
