"""Mesh regularizer (flatness and edge length): the length of an edge is a bare square root, whose gradient at a collapsed edge is NaN.

Source (real): https://github.com/akanazawa/cmr/issues/11 (PyTorch, ported; triangle_loss_fn, found: the gradient of sqrt is not defined at 0).
Right answer: NOT equivalent; same value, but the whole gradient is NaN as soon as one padded face repeats a vertex.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'edge_len = tf.sqrt(tf.reduce_sum(tf.square(edge), axis=-1))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, verts, faces = 16, 4, 6, 5

    mean_v = tf.Variable(arr(verts, 3), name="mean_v")
    deform = tf.Variable(0.3 * arr(d, verts * 3), name="deform")
    tri = np.stack([[rng.permutation(verts)[:3] for _ in range(faces)] for _ in range(n)])
    tri[::4, -1] = 0  # padded faces repeat vertex 0
    batch = {"feat": arr(n, d), "faces": tri}

    def vertices(feat):
        return mean_v + tf.reshape(feat @ deform, [-1, verts, 3])

    def reference(b):
        v = vertices(b["feat"])
        total = 0.0
        for i in range(v.shape[0]):
            for face in b["faces"][i].numpy():
                if len(set(face)) < 3:
                    continue
                p, q, r = (v[i, int(k)] for k in face)
                cos = tf.reduce_sum((q - p) * (r - p)) / (tf.norm(q - p) * tf.norm(r - p))
                total += (1.0 + cos) ** 2 - 1.0
                total += 0.1 * (tf.norm(q - p) + tf.norm(r - p))
        return 1.0 + total / (v.shape[0] * faces)

    def candidate(b):
        v = vertices(b["feat"])
        corner = tf.gather(v, b["faces"], batch_dims=1)
        edge = corner[:, :, 1:] - corner[:, :, :1]
        edge_len = tf.sqrt(tf.reduce_sum(tf.square(edge), axis=-1))
        dot = tf.reduce_sum(edge[:, :, 0] * edge[:, :, 1], axis=-1)
        cos = tf.math.divide_no_nan(dot, edge_len[..., 0] * edge_len[..., 1])
        return tf.reduce_mean(tf.square(cos + 1.0)) + 0.2 * tf.reduce_mean(edge_len)

    return {"variables": [mean_v, deform], "batch": batch, "reference": reference, "candidate": candidate}
