"""The edge softmax of the graph attention layer is grouped by the source node of the message instead of the target node.

Source (real): https://github.com/pyg-team/pytorch_geometric/issues/224
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'denom = tf.gather(tf.math.unsorted_segment_sum(e, src, n), src)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, f, m = 8, 4, 3
    w = var("w", f, m)
    a_src, a_dst = var("a_src", m, 1, scale=1.0), var("a_dst", m, 1, scale=1.0)
    w_y = var("w_y", m, 2)
    batch = {
        "x": arr(n, f),
        "nbr": np.stack([rng.permutation(n)[:3] for _ in range(n)]),
        "y": rng.integers(0, 2, size=(n,)),
    }

    def node_loss(h, b):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=tf.nn.elu(h) @ w_y))

    def reference(b):
        h = b["x"] @ w
        rows = []
        for i in range(n):
            hj = tf.gather(h, b["nbr"][i])
            score = tf.nn.leaky_relu(tf.squeeze(hj @ a_src, 1) + tf.squeeze(h[i:i + 1] @ a_dst, 1), 0.2)
            rows.append(tf.reduce_sum(tf.nn.softmax(score)[:, None] * hj, axis=0))
        return node_loss(tf.stack(rows), b)

    def candidate(b):
        h = b["x"] @ w
        src = tf.reshape(b["nbr"], [-1])
        dst = tf.repeat(tf.range(n), 3)
        score = tf.gather(h @ a_src, src) + tf.gather(h @ a_dst, dst)
        e = tf.exp(tf.nn.leaky_relu(score, 0.2))
        denom = tf.gather(tf.math.unsorted_segment_sum(e, src, n), src)
        alpha = e / (denom + 1e-16)
        out = tf.math.unsorted_segment_sum(alpha * tf.gather(h, src), dst, n)
        return node_loss(out, b)

    return {"variables": [w, a_src, a_dst, w_y], "batch": batch, "reference": reference, "candidate": candidate}
