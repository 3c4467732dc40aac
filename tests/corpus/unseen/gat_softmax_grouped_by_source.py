"""Graph attention: messages go from source to target, but the attention is normalised over the edges that share a source.

Source (real): https://github.com/pyg-team/pytorch_geometric/issues/224
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "alpha = segment_softmax(score, src)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, classes = 10, 5, 4, 3
    w = tf.Variable(rng.normal(0, 0.6, (d, h)), name="w", dtype=tf.float32)
    att_src = tf.Variable(rng.normal(0, 0.8, (h,)), name="att_src", dtype=tf.float32)
    att_dst = tf.Variable(rng.normal(0, 0.8, (h,)), name="att_dst", dtype=tf.float32)
    w_out = tf.Variable(rng.normal(0, 0.6, (h, classes)), name="w_out", dtype=tf.float32)
    adj = rng.uniform(size=(n, n)) < 0.3
    np.fill_diagonal(adj, True)
    edges = np.stack(np.nonzero(adj))          # adj[s, t]: edge from s to t
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "y": rng.integers(0, classes, n).astype(np.int32),
        "edge_index": edges.astype(np.int32),
        "adj": adj.astype(np.float32),
    }

    def node_loss(hidden, y):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.nn.elu(hidden) @ w_out)
        return tf.reduce_mean(ce)

    def reference(b):
        z = b["x"] @ w
        e = tf.linalg.matvec(z, att_src)[:, None] + tf.linalg.matvec(z, att_dst)[None, :]
        e = tf.nn.leaky_relu(e, 0.2) + (1.0 - b["adj"]) * -1e9
        attn = tf.nn.softmax(e, axis=0)        # over the sources of each target
        return node_loss(tf.matmul(attn, z, transpose_a=True), b["y"])

    def segment_softmax(score, seg):
        top = tf.math.unsorted_segment_max(score, seg, n)
        ex = tf.exp(score - tf.stop_gradient(tf.gather(top, seg)))
        return ex / tf.gather(tf.math.unsorted_segment_sum(ex, seg, n), seg)

    def candidate(b):
        src, dst = b["edge_index"][0], b["edge_index"][1]
        z = b["x"] @ w
        x_j, x_i = tf.gather(z, src), tf.gather(z, dst)
        score = tf.nn.leaky_relu(tf.reduce_sum(x_j * att_src + x_i * att_dst, axis=-1), 0.2)
        alpha = segment_softmax(score, src)
        out = tf.math.unsorted_segment_sum(alpha[:, None] * x_j, dst, n)
        return node_loss(out, b["y"])

    return {"variables": [w, att_src, att_dst, w_out], "batch": batch, "reference": reference, "candidate": candidate}
