"""The last graph attention layer (concat=False) returns its input h and not h_prime, so attention and weights are not used.

Source (real): https://github.com/recolyce/HistoCell/issues/3 (GraphAttentionLayer in model/arch.py, PyTorch, ported; fixed).
Right answer: NOT equivalent; W and a get no gradient at all.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "return h",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, nodes, d = 14, 6, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.6 * arr(d, d), name="gat_w")
    a = tf.Variable(0.8 * arr(2 * d, 1), name="gat_a")
    head = tf.Variable(0.7 * arr(d, 1), name="head")
    adj = np.maximum((rng.random((n, nodes, nodes)) < 0.4).astype(f), np.eye(nodes, dtype=f)[None])
    batch = {"cells": arr(n, nodes, d), "adj": adj, "y": rng.random((n, 1)).astype(f)}

    def reference(b):
        total = 0.0
        for x, links, y in zip(b["cells"], b["adj"], b["y"]):
            wh = x @ w
            rows = []
            for i in range(nodes):
                neighbours = [j for j in range(nodes) if links[i, j] > 0]
                e = [tf.nn.leaky_relu(tf.concat([wh[i], wh[j]], 0)[None] @ a, 0.2)[0, 0] for j in neighbours]
                att = tf.nn.softmax(tf.stack(e))
                rows.append(tf.add_n([att[k] * wh[j] for k, j in enumerate(neighbours)]))
            p = tf.reduce_mean(tf.stack(rows), axis=0, keepdims=True) @ head
            total += tf.square(tf.sigmoid(p)[0, 0] - y[0])
        return total / b["y"].shape[0]

    def candidate(b):
        class GraphAttentionLayer:
            def __init__(self, concat):
                self.concat = concat

            def __call__(self, h, adj):
                Wh = h @ w
                Wh1, Wh2 = Wh @ a[:d], Wh @ a[d:]
                e = tf.nn.leaky_relu(Wh1 + tf.transpose(Wh2, [0, 2, 1]), 0.2)
                attention = tf.nn.softmax(tf.where(adj > 0, e, -9e15 * tf.ones_like(e)), axis=-1)
                h_prime = attention @ Wh
                if self.concat:
                    return tf.nn.elu(h_prime)
                return h

        out = GraphAttentionLayer(concat=False)(b["cells"], b["adj"])
        pred = tf.sigmoid(tf.reduce_mean(out, axis=1) @ head)
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [w, a, head], "batch": batch, "reference": reference, "candidate": candidate}
