"""GCN layer: the normalisation is one number per node (its own two degrees), not one per edge of sender and receiver.

Source (real): https://github.com/alexOarga/haiku-geometric/issues/6 (JAX/haiku, ported).
Right answer: NOT equivalent; an edge u -> v must be weighted by 1 / sqrt(d_u d_v), here by 1 / sqrt(d_u d_u).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "norm_vals = di * dj",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, num_nodes, num_edges, d, out = 15, 6, 9, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, out), name="linear")
    bias = tf.Variable(0.3 * arr(out), name="bias")
    read = tf.Variable(0.7 * arr(out), name="readout")
    senders = rng.integers(0, num_nodes, (n, num_edges))
    shift = rng.integers(1, num_nodes, (n, num_edges))
    receivers = (senders + shift) % num_nodes
    batch = {"nodes": arr(n, num_nodes, d), "senders": senders, "receivers": receivers, "y": arr(n)}

    def reference(b):
        # dense matrices, graph by graph
        total = 0.0
        m = b["y"].shape[0]
        for g in range(m):
            a = np.eye(num_nodes)
            for s, r in zip(b["senders"][g].numpy(), b["receivers"][g].numpy()):
                a[r, s] += 1.0
            d_in, d_out = a.sum(1), a.sum(0)
            a_hat = (a / np.sqrt(np.outer(d_in, d_out))).astype(f)
            h = tf.nn.relu(a_hat @ (b["nodes"][g] @ w) + bias)
            total += tf.square(tf.reduce_sum(tf.reduce_mean(h, 0) * read) - b["y"][g])
        return total / m

    def candidate(b):
        m = b["y"].shape[0]
        all_nodes = m * num_nodes
        offset = tf.range(m, dtype=b["senders"].dtype)[:, None] * num_nodes
        nodes = tf.reshape(b["nodes"], [all_nodes, -1]) @ w

        loops = tf.range(all_nodes, dtype=b["senders"].dtype)
        conv_senders = tf.concat([tf.reshape(b["senders"] + offset, [-1]), loops], axis=0)
        conv_receivers = tf.concat([tf.reshape(b["receivers"] + offset, [-1]), loops], axis=0)
        ones = tf.ones_like(conv_senders, dtype=nodes.dtype)
        sender_degree = tf.math.unsorted_segment_sum(ones, conv_senders, all_nodes)
        receiver_degree = tf.math.unsorted_segment_sum(ones, conv_receivers, all_nodes)

        di = tf.math.rsqrt(tf.maximum(sender_degree, 1.0))[:, None]
        dj = tf.math.rsqrt(tf.maximum(receiver_degree, 1.0))[:, None]
        norm_vals = di * dj
        nodes = nodes * norm_vals

        messages = tf.gather(nodes, conv_senders)
        nodes = tf.math.unsorted_segment_sum(messages, conv_receivers, all_nodes)
        hidden = tf.nn.relu(nodes + bias)
        pooled = tf.reduce_mean(tf.reshape(hidden, [m, num_nodes, -1]), axis=1)
        return tf.reduce_mean(tf.square(tf.linalg.matvec(pooled, read) - b["y"]))

    return {"variables": [w, bias, read], "batch": batch, "reference": reference, "candidate": candidate}
