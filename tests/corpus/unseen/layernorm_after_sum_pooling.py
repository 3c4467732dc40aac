"""gt-pyg sums the node vectors of a molecule and then applies LayerNorm to the pooled vector, which removes exactly the
scale that the sum pooling carries (the molecule's size).
Source: https://github.com/pgniewko/gt-pyg/issues/110"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "latent = self.readout_norm(g)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, hid, graphs = 24, 5, 6, 4
    w = keras.Variable((0.5 * rng.standard_normal((feat, hid))).astype(f), name="node_w")
    head = keras.Variable((0.5 * rng.standard_normal((hid, 1))).astype(f), name="head")
    sizes = [2, 9, 5, 8]
    batch = {
        "x": rng.standard_normal((n, feat)).astype(f),
        "graph": np.repeat(np.arange(graphs), sizes).astype("int32"),
        "logd": rng.standard_normal(graphs).astype(f),
    }

    def reference(batch):
        h = tf.tanh(batch["x"] @ w)
        preds, start = [], 0
        for size in sizes:
            preds.append(tf.reduce_sum(h[start:start + size] @ head))
            start += size
        return tf.reduce_mean((tf.stack(preds) - batch["logd"]) ** 2)

    def candidate(batch):
        class GraphTransformerNet:
            def global_pool(self, h, batch_index):
                return tf.math.segment_sum(h, batch_index)

            def readout_norm(self, g):
                mean, var = tf.nn.moments(g, axes=[-1], keepdims=True)
                return (g - mean) * tf.math.rsqrt(var + 1e-5)

            def forward(self, x, batch_index):
                h = keras.activations.tanh(tf.matmul(x, w))
                g = self.global_pool(h, batch_index)
                latent = self.readout_norm(g)
                return tf.matmul(latent, head)

        pred = GraphTransformerNet().forward(batch["x"], batch["graph"])
        return tf.reduce_mean(tf.square(tf.squeeze(pred, -1) - batch["logd"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, head]}
