"""Suspected: the degree vector in dense mincut pooling is not made diagonal; the two broadcast divisions are the same.
Source: https://github.com/pyg-team/pytorch_geometric/pull/8578"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, n, d, k, eps = 2, 6, 4, 3, 1e-12
    ws = tf.Variable(rng.normal(size=(d, k)).astype(fx), name="assign")
    wg = tf.Variable(rng.normal(size=(d, 2)).astype(fx), name="conv")
    m = np.triu((rng.random((b, n, n)) < 0.6).astype(float), 1)
    for i in range(n - 1):
        m[:, i, i + 1] = 1.0
    adj = m + np.transpose(m, (0, 2, 1))

    def reference(batch):
        loss = 0.0
        for g in range(b):
            s = tf.nn.softmax(batch["x"][g] @ ws)
            pooled_x = tf.transpose(s) @ batch["x"][g]
            pooled = tf.transpose(s) @ batch["adj"][g] @ s
            pooled = pooled - tf.linalg.diag(tf.linalg.diag_part(pooled))
            inv = tf.linalg.diag(1.0 / (tf.sqrt(tf.reduce_sum(pooled, 1)) + eps))
            out = inv @ pooled @ inv @ pooled_x @ wg
            loss += tf.reduce_mean((tf.reduce_mean(out, 0) - batch["y"][g]) ** 2) / b
        return loss

    def candidate(batch):
        s = tf.nn.softmax(tf.tensordot(batch["x"], ws, axes=1), axis=-1)
        out = tf.matmul(s, batch["x"], transpose_a=True)
        out_adj = tf.matmul(tf.matmul(s, batch["adj"], transpose_a=True), s)
        out_adj = tf.linalg.set_diag(out_adj, tf.zeros(out_adj.shape[:-1], out_adj.dtype))
        deg = tf.einsum("ijk->ij", out_adj)
        deg = tf.sqrt(deg)[:, None] + eps
        out_adj = (out_adj / deg) / tf.transpose(deg, (0, 2, 1))
        hidden = tf.matmul(out_adj, tf.tensordot(out, wg, axes=1))
        readout = tf.reduce_mean(hidden, axis=1)
        return tf.reduce_mean(tf.square(readout - batch["y"]))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {
            "x": rng.normal(size=(b, n, d)).astype(fx), "adj": adj.astype(fx),
            "y": rng.normal(size=(b, 2)).astype(fx),
        },
        "variables": [ws, wg],
    }
