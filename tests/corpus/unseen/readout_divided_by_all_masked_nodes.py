"""Masked graph readout divides every graph's node sum by the number of valid nodes in the whole batch.
Source: https://github.com/PetarV-/DGI/issues/8"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_sum(seq * msk, 1) / tf.reduce_sum(msk)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    graphs, nodes, f_in, f = 6, 8, 5, 6
    n_nodes = np.array([8, 5, 6, 3, 7, 4])
    mask = (np.arange(nodes)[None] < n_nodes[:, None]).astype("float32")
    features = (rng.normal(size=(graphs, nodes, f_in)) + 0.5).astype("float32") * mask[..., None]
    corrupted = np.stack([g[rng.permutation(nodes)] for g in features]).astype("float32")
    adj = np.zeros((graphs, nodes, nodes), "float32")
    for g, n in enumerate(n_nodes):
        a = (rng.random((n, n)) < 0.4).astype("float32")
        a = np.maximum(a, a.T) * (1 - np.eye(n)) + np.eye(n)
        adj[g, :n, :n] = a / a.sum(1, keepdims=True)

    w = tf.Variable(rng.normal(size=(f_in, f)).astype("float32"))
    bilinear = tf.Variable(rng.normal(size=(f, f)).astype("float32") * 0.6)

    def gcn(x, a):
        return tf.nn.leaky_relu(tf.matmul(a, tf.matmul(x, w)), 0.25)

    def reference(batch):
        per_graph, weight = [], []
        for g in range(graphs):
            n = int(n_nodes[g])
            real = gcn(batch["x"][g:g + 1, :n], batch["adj"][g:g + 1, :n, :n])[0]
            fake = gcn(batch["x_shuffled"][g:g + 1, :n], batch["adj"][g:g + 1, :n, :n])[0]
            summary = tf.sigmoid(tf.reduce_mean(real, axis=0))
            projected = tf.linalg.matvec(bilinear, summary)
            per_graph.append(tf.reduce_sum(tf.nn.softplus(-tf.linalg.matvec(real, projected)))
                             + tf.reduce_sum(tf.nn.softplus(tf.linalg.matvec(fake, projected))))
            weight.append(2.0 * n)
        return tf.add_n(per_graph) / sum(weight)

    class AvgReadout(keras.layers.Layer):
        def call(self, seq, msk):
            msk = tf.expand_dims(msk, -1)
            return tf.reduce_sum(seq * msk, 1) / tf.reduce_sum(msk)

    read = AvgReadout()

    def candidate(batch):
        h_1, h_2 = gcn(batch["x"], batch["adj"]), gcn(batch["x_shuffled"], batch["adj"])
        c = tf.sigmoid(read(h_1, batch["mask"]))
        c_x = tf.matmul(c, bilinear, transpose_b=True)[:, :, None]
        logits = tf.concat([tf.matmul(h_1, c_x), tf.matmul(h_2, c_x)], axis=1)[..., 0]
        labels = tf.concat([tf.ones((graphs, nodes)), tf.zeros((graphs, nodes))], axis=1)
        valid = tf.concat([batch["mask"], batch["mask"]], axis=1)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(bce * valid) / tf.reduce_sum(valid)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": features, "x_shuffled": corrupted, "adj": adj, "mask": mask}, "variables": [w, bilinear]}
