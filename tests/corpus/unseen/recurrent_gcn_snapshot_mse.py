"""Temporal graph network: the prediction is (nodes, 1), the snapshot's target (nodes,), and their difference is a matrix.

Source (real): https://github.com/benedekrozemberczki/pytorch_geometric_temporal/pull/233 (introduction examples, PyTorch, ported; fixes #231 with `squeeze`).
Right answer: NOT equivalent; every node is pulled towards the mean target of all nodes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "cost = cost + tf.reduce_mean((y_hat - snapshot_y) ** 2)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, times, lags, hid = 19, 6, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wg = tf.Variable(0.6 * arr(lags, hid), name="gate_w")
    wc = tf.Variable(0.6 * arr(lags, hid), name="cand_w")
    uc = tf.Variable(0.4 * arr(hid, hid), name="cand_u")
    wl = tf.Variable(0.8 * arr(hid, 1), name="linear_w")
    cases = np.cumsum(0.6 * arr(n, times + lags), axis=1).astype(f)
    batch = {
        "x": np.stack([cases[:, t : t + lags] for t in range(times)], axis=1),
        "y": cases[:, lags:],
    }

    def ring(x):  # each node has two neighbours
        return (x + tf.roll(x, 1, axis=0) + tf.roll(x, -1, axis=0)) / 3.0

    def reference(b):
        h = tf.zeros([b["y"].shape[0], hid], wg.dtype)
        preds = []
        for t in range(times):
            z, cand = tf.sigmoid(ring(b["x"][:, t]) @ wg), tf.tanh(ring(b["x"][:, t]) @ wc + ring(h) @ uc)
            h = z * h + (1.0 - z) * cand
            preds.append(tf.linalg.matvec(tf.nn.relu(h), wl[:, 0]))
        return tf.reduce_mean(keras.losses.mean_squared_error(b["y"], tf.stack(preds, axis=1)))

    def candidate(b):
        class RecurrentGCN:
            def __init__(self):
                self.state = tf.zeros([tf.shape(b["y"])[0], hid], wg.dtype)

            def recurrent(self, x):
                agg = ring(x)
                gate = tf.sigmoid(agg @ wg)
                self.state = gate * self.state + (1.0 - gate) * tf.tanh(agg @ wc + ring(self.state) @ uc)
                return self.state

            def __call__(self, x):
                return tf.nn.relu(self.recurrent(x)) @ wl

        model = RecurrentGCN()
        cost = 0.0
        for time in range(times):
            snapshot_x, snapshot_y = b["x"][:, time], b["y"][:, time]
            y_hat = model(snapshot_x)
            cost = cost + tf.reduce_mean((y_hat - snapshot_y) ** 2)
        return cost / (time + 1)

    return {"variables": [wg, wc, uc, wl], "batch": batch, "reference": reference, "candidate": candidate}
