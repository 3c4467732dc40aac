"""DMoN pooling: the cluster norm (B,) is divided by node counts of shape (B, 1), which pairs all graphs with all.
Source: https://github.com/pyg-team/pytorch_geometric/pull/10149"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "cluster_loss = tf.norm(cluster_size, axis=1) / n_nodes * tf.norm(eye) - 1.0",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    B, N, F, C = 3, 6, 4, 3
    sizes = [6, 4, 2]
    w = tf.Variable(rng.normal(size=(F, C)).astype(fx), name="assign_w")
    adj = np.zeros((B, N, N))
    mask = np.zeros((B, N))
    for g, s in enumerate(sizes):
        mask[g, :s] = 1
        a = np.triu(rng.uniform(size=(s, s)) < 0.5, 1).astype(float)
        a[np.arange(s - 1), np.arange(1, s)] = 1
        adj[g, :s, :s] = np.maximum(a, a.T)

    def reference(batch):
        out = 0.0
        for g, size in enumerate(sizes):
            s = tf.nn.softmax(batch["x"][g, :size] @ w, axis=-1)
            a = batch["adj"][g, :size, :size]
            deg = tf.reduce_sum(a, axis=1)
            two_m = tf.reduce_sum(deg)
            modularity = a - deg[:, None] * deg[None, :] / two_m
            spectral = -tf.linalg.trace(tf.transpose(s) @ modularity @ s) / two_m
            collapse = tf.norm(tf.reduce_sum(s, axis=0)) / size * np.sqrt(C) - 1
            out += spectral + collapse
        return out / B

    def candidate(batch):
        m = batch["mask"][..., None]
        x = batch["x"] * m
        s = tf.nn.softmax(tf.matmul(x, w), axis=-1) * m
        degrees = tf.einsum("bij->bi", batch["adj"])
        edges2 = tf.reduce_sum(degrees, axis=-1)
        out_adj = tf.einsum("bik,bij,bjl->bkl", s, batch["adj"], s)
        ca = tf.einsum("bik,bi->bk", s, degrees)
        normalizer = tf.einsum("bk,bl->bkl", ca, ca) / edges2[:, None, None]
        spectral_loss = tf.reduce_mean(-tf.linalg.trace(out_adj - normalizer) / edges2)
        eye = tf.eye(C, dtype=s.dtype)
        cluster_size = tf.einsum("bik->bk", s)
        n_nodes = tf.reduce_sum(m, axis=1)
        cluster_loss = tf.norm(cluster_size, axis=1) / n_nodes * tf.norm(eye) - 1.0
        return spectral_loss + tf.reduce_mean(cluster_loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(B, N, F)).astype(fx), "adj": adj.astype(fx), "mask": mask.astype(fx)},
            "variables": [w]}
