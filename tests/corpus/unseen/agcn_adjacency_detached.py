"""Adaptive graph convolution: the learned adjacency is detached, so the two projections that make it are never updated.

Source (real): https://github.com/queenie88/A-GCN/issues/4 (PyTorch, ported; the author: the detach should be removed).
Right answer: NOT equivalent although the value is the same.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": 'adj = tf.stop_gradient(tf.nn.softmax(adj, axis=-1))',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, nodes, d, hid, classes = 12, 5, 4, 3, 6

    W_theta = tf.Variable(0.7 * arr(d, hid), name="theta")
    W_phi = tf.Variable(0.7 * arr(d, hid), name="phi")
    W_gcn = tf.Variable(0.7 * arr(d, hid), name="gcn")
    fc = tf.Variable(0.7 * arr(hid, classes), name="fc")
    batch = {"x": arr(n, nodes, d), "y": rng.integers(0, 2, (n, classes)).astype(f)}

    def reference(b):
        total = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            x = b["x"][i]
            rows = []
            for p in range(nodes):
                theta = tf.linalg.matvec(W_theta, x[p], transpose_a=True)
                score = tf.linalg.matvec(x @ W_phi, theta)
                weight = tf.exp(score) / tf.reduce_sum(tf.exp(score))
                rows.append(tf.linalg.matvec(x, weight, transpose_a=True))
            h = tf.nn.elu(tf.stack(rows) @ W_gcn)
            z = tf.reduce_mean(h, axis=0)[None] @ fc
            y = b["y"][i : i + 1]
            total -= tf.reduce_sum(y * tf.math.log_sigmoid(z) + (1 - y) * tf.math.log_sigmoid(-z))
        return total / (m * classes)

    def candidate(b):
        class AGCN:
            def adjacency(self, x):
                theta, phi = x @ W_theta, x @ W_phi
                adj = tf.einsum("bph,bqh->bpq", theta, phi)
                adj = tf.stop_gradient(tf.nn.softmax(adj, axis=-1))
                return adj

            def __call__(self, x):
                h = tf.nn.elu(tf.matmul(self.adjacency(x), x @ W_gcn))
                return tf.reduce_mean(h, axis=1) @ fc

        logits = AGCN()(b["x"])
        loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["y"], logits=logits)
        return tf.reduce_mean(loss)

    return {"variables": [W_theta, W_phi, W_gcn, fc], "batch": batch, "reference": reference, "candidate": candidate}
