"""Graphormer on a batch of graphs: the mask of the other graphs (-1e6) is multiplied with the scores, so negative ones become huge.

Source (real): https://github.com/leffff/graphormer-pyg/issues/14 (PyTorch, ported; last comment: it has to be added, else the rows do not sum up).
Right answer: NOT equivalent: a node attends to whatever foreign node has the most negative score.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "a = (a + bias) * batch_mask_neg_inf",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d, hid, max_dist = 12, 4, 5, 6, 3

    def var(name, *s):
        return tf.Variable((0.6 * rng.standard_normal(s)).astype(f), name=name)

    q, k, v, out = var("q", d, hid), var("k", d, hid), var("v", d, hid), var("out", hid)
    spatial = var("spatial", max_dist)
    batch = {
        "x": rng.standard_normal((n, nodes, d)).astype(f),
        "dist": rng.integers(0, max_dist, (n, nodes, nodes)),
        "y": rng.standard_normal((n, nodes)).astype(f),
    }

    def reference(b):
        errors = []
        for g in range(b["x"].shape[0]):
            x = b["x"][g]
            score = tf.matmul(x @ q, x @ k, transpose_b=True) / np.sqrt(hid) + tf.gather(spatial, b["dist"][g])
            h = tf.nn.softmax(score, axis=-1) @ (x @ v)
            errors.append(tf.linalg.matvec(tf.tanh(h), out) - b["y"][g])
        return tf.reduce_mean(tf.square(tf.stack(errors)))

    def candidate(b):
        m = b["x"].shape[0]
        x = tf.reshape(b["x"], [m * nodes, d])
        query, key, value = x @ q, x @ k, x @ v
        graph = tf.repeat(tf.range(m), nodes)
        same = graph[:, None] == graph[None, :]
        batch_mask_neg_inf = tf.where(same, tf.ones([], x.dtype), tf.constant(-1e6, x.dtype))
        # spatial encoding, zero between different graphs
        inside = tf.gather(spatial, b["dist"])
        bias = tf.reshape(tf.einsum("gij,gh->gihj", inside, tf.eye(m, dtype=x.dtype)), [m * nodes, m * nodes])
        a = tf.matmul(query, key, transpose_b=True) / query.shape[-1] ** 0.5
        a = (a + bias) * batch_mask_neg_inf
        softmax = tf.nn.softmax(a, axis=-1)
        pred = tf.linalg.matvec(tf.tanh(softmax @ value), out)
        return tf.reduce_mean(tf.square(pred - tf.reshape(b["y"], [-1])))

    return {"variables": [q, k, v, spatial, out], "batch": batch, "reference": reference, "candidate": candidate}
