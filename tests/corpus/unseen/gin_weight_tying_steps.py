"""GIN with weight tying: one update layer shall be applied n_update_layers times.
The loop runs over the number of layers kept (one), so that only a single update is done.
Source: https://github.com/chainer/chainer-chemistry/issues/399"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "for step in range(n_message_layer):",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, atoms, d = 14, 5, 4
    n_update_layers, weight_tying = 3, True
    feats = rng.normal(size=(n, atoms, d)).astype(f)
    adj = (rng.random(size=(n, atoms, atoms)) < 0.5).astype(f)
    adj = np.maximum(adj, np.transpose(adj, (0, 2, 1)))
    y = rng.normal(size=(n,)).astype(f)
    w0 = tf.Variable((0.3 * rng.normal(size=(d, d))).astype(f), name="w0")
    w1 = tf.Variable((0.3 * rng.normal(size=(d, d))).astype(f), name="w1")
    read = tf.Variable(rng.normal(size=(d,)).astype(f), name="read")

    def reference(batch):
        h = batch["feats"]
        for _ in range(n_update_layers):
            agg = h + tf.einsum("bij,bjd->bid", batch["adj"], h)
            h = tf.nn.softplus(tf.nn.tanh(agg @ w0) @ w1)
        pred = tf.linalg.matvec(tf.reduce_sum(h, axis=1), read)
        return tf.reduce_mean((pred - batch["y"]) ** 2)

    def candidate(batch):
        class GINUpdate:
            def __init__(self, first, second):
                self.first, self.second = first, second

            def __call__(self, h, adj):
                fv = tf.matmul(adj, h)
                sum_h = fv + h
                return tf.math.softplus(tf.matmul(tf.tanh(tf.matmul(sum_h, self.first)), self.second))

        n_message_layer = 1 if weight_tying else n_update_layers
        update_layers = [GINUpdate(w0, w1) for _ in range(n_message_layer)]
        h = batch["feats"]
        for step in range(n_message_layer):
            message_layer_index = 0 if weight_tying else step
            h = update_layers[message_layer_index](h, batch["adj"])
        g = tf.reduce_sum(h, axis=1)
        out = tf.reduce_sum(g * read, axis=-1)
        return keras.ops.mean(keras.ops.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "adj": adj, "y": y},
            "variables": [w0, w1, read]}
