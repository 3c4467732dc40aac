"""Dense graph attention: the exponentiated scores are divided by their row sums, but keepdims is missing, so entry
(i, j) is divided by the sum of row j.

Source: realistic (hand-written GAT layers; the missing keepdims=True is a frequent answer on Stack Overflow).
Right answer: NOT equivalent; no shape looks odd because the adjacency is square anyway.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "alpha = scores / tf.reduce_sum(scores, axis=1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, classes = 18, 5, 7, 3

    def glorot(*shape):
        return (0.6 * rng.standard_normal(shape)).astype(f)

    w = tf.Variable(glorot(d, hid), name="gat_kernel")
    a_src = tf.Variable(glorot(hid, 1), name="attn_self")
    a_dst = tf.Variable(glorot(hid, 1), name="attn_neigh")
    w_out = tf.Variable(glorot(hid, classes), name="readout")
    adj = rng.random((n, n)) < 0.3
    adj |= np.eye(n, dtype=bool)
    graph = tf.constant(adj.astype(f))
    batch = {"feat": rng.standard_normal((n, d)).astype(f), "label": rng.integers(0, classes, n)}

    def reference(b):
        m = b["label"].shape[0]
        h = b["feat"] @ w
        total = 0.0
        for i in range(m):
            e = tf.stack([(h[i : i + 1] @ a_src)[0, 0] + (h[j : j + 1] @ a_dst)[0, 0] for j in range(m)])
            e = tf.exp(tf.nn.leaky_relu(e, 0.2)) * graph[i]
            mixed = tf.tensordot(e / tf.reduce_sum(e), h, 1)
            z = tf.nn.elu(mixed)[None] @ w_out
            total += -tf.nn.log_softmax(z)[0, b["label"][i]]
        return total / m

    def candidate(b):
        h = tf.matmul(b["feat"], w)
        logits = tf.matmul(h, a_src) + tf.transpose(tf.matmul(h, a_dst))
        scores = tf.exp(tf.nn.leaky_relu(logits, alpha=0.2))
        scores *= graph
        alpha = scores / tf.reduce_sum(scores, axis=1)
        out = tf.nn.elu(tf.matmul(alpha, h))
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=b["label"],
                logits=tf.matmul(out, w_out),
            )
        )

    return {"variables": [w, a_src, a_dst, w_out], "batch": batch, "reference": reference, "candidate": candidate}
