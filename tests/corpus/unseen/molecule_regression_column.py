"""Molecular property regression: the network returns (n, 1), the targets are (n,), and the squared error is (n, n).

Source (real): https://github.com/ntua-unit-of-control-and-informatics/jaqpotpy/issues/2 (PyTorch Geometric, ported).
Right answer: NOT equivalent; every prediction is pulled to the mean of the targets.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "loss = tf.reduce_mean(criterion(out, y))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, atoms, d, hid = 22, 6, 5, 7

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    conv = tf.Variable(0.5 * arr(d, hid), name="conv")
    lin = tf.Variable(0.6 * arr(hid, 1), name="lin")
    lin_b = tf.Variable(0.1 * arr(1), name="lin_bias")
    adj = (rng.uniform(size=(n, atoms, atoms)) < 0.4).astype(f)
    adj = np.maximum(adj, adj.transpose(0, 2, 1))
    batch = {"x": arr(n, atoms, d), "adj": adj, "y": arr(n)}

    def criterion(pred, target):
        return tf.square(pred - target)

    def model(x, adj):
        h = tf.nn.relu((adj + tf.eye(atoms, dtype=adj.dtype)) @ x @ conv)
        return tf.reduce_mean(h, axis=1) @ lin + lin_b

    def reference(b):
        squared = []
        for x, a, y in zip(tf.unstack(b["x"]), tf.unstack(b["adj"]), tf.unstack(b["y"])):
            h = tf.nn.relu(tf.matmul(a, x @ conv) + x @ conv)
            prediction = tf.reduce_sum(tf.reduce_mean(h, 0) * lin[:, 0]) + lin_b[0]
            squared.append((prediction - y) ** 2)
        return tf.add_n(squared) / len(squared)

    def candidate(b):
        y = b["y"]
        out = model(b["x"], b["adj"])
        loss = tf.reduce_mean(criterion(out, y))
        return loss

    return {"variables": [conv, lin, lin_b], "batch": batch, "reference": reference, "candidate": candidate}
