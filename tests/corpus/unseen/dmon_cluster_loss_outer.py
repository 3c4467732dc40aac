"""DMoN pooling: the cluster loss (B,) is divided by the graph sizes (B, 1), which gives a (B, B) matrix.

Source (real): https://github.com/pyg-team/pytorch_geometric/issues/10148 (PyTorch, DMoNPooling, ported).
Right answer: NOT equivalent when the graphs of a batch have different sizes: every graph is divided by the sizes of all graphs.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "cluster_loss = cluster_loss / tf.reduce_sum(mask, axis=1) * tf.norm(i_s) - 1.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    B, N, F, C = 16, 7, 4, 3

    mlp = tf.Variable((0.9 * rng.standard_normal((F, C))).astype(f), name="mlp_w")
    sizes = rng.integers(2, N + 1, B)
    mask = (np.arange(N)[None] < sizes[:, None]).astype(f)
    upper = np.triu(rng.random((B, N, N)) < 0.6, 1)
    adj = (upper | upper.transpose(0, 2, 1)).astype(f) * mask[:, :, None] * mask[:, None, :]
    adj[:, 0, 1] = adj[:, 1, 0] = 1.0
    batch = {"x": rng.standard_normal((B, N, F)).astype(f) + 0.5, "adj": adj, "mask": mask}

    def reference(b):
        total = 0.0
        for x, a, keep in zip(b["x"], b["adj"], b["mask"]):
            size = int(tf.reduce_sum(keep))
            s = tf.nn.softmax(x[:size] @ mlp)
            a = a[:size, :size]
            deg = tf.reduce_sum(a, 0)
            m = tf.reduce_sum(deg) / 2.0
            modularity = a - deg[:, None] * deg[None, :] / (2.0 * m)
            total -= tf.linalg.trace(tf.transpose(s) @ modularity @ s) / (2.0 * m)
            total += np.sqrt(C) / size * tf.norm(tf.reduce_sum(s, axis=0)) - 1.0
        return total / b["x"].shape[0]

    def candidate(b):
        mask = b["mask"][:, :, None]
        s = tf.nn.softmax(tf.matmul(b["x"], mlp), axis=-1) * mask
        adj = b["adj"]
        out_adj = tf.matmul(tf.matmul(s, adj, transpose_a=True), s)

        # spectral loss
        degrees = tf.einsum("ijk->ij", adj)[:, :, None]
        m = tf.einsum("ijk->i", degrees) / 2.0
        ca = tf.matmul(s, degrees, transpose_a=True)
        normalizer = tf.matmul(ca, ca, transpose_b=True) / 2.0 / m[:, None, None]
        spectral_loss = tf.reduce_mean(-tf.linalg.trace(out_adj - normalizer) / 2.0 / m)

        # cluster loss
        i_s = tf.eye(C, dtype=s.dtype)
        cluster_size = tf.einsum("ijk->ik", s)
        cluster_loss = tf.norm(cluster_size, axis=1)
        cluster_loss = cluster_loss / tf.reduce_sum(mask, axis=1) * tf.norm(i_s) - 1.0
        return spectral_loss + tf.reduce_mean(cluster_loss)

    return {"variables": [mlp], "batch": batch, "reference": reference, "candidate": candidate}
