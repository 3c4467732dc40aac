"""The issue reads the dense GAT layer as aggregating in the wrong direction (scores are source plus target, softmax over
the targets); with the rows as the nodes that are updated it is the layer of the paper.
Source: https://github.com/gordicaleksa/pytorch-GAT/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, fin, nh, fout = 14, 5, 2, 3
    proj = tf.Variable((0.7 * rng.standard_normal((fin, nh * fout))).astype(f), name="proj")
    a = tf.Variable(rng.standard_normal((nh, 2 * fout)).astype(f), name="a")
    adj = (rng.random((n, n)) < 0.25) | np.eye(n, dtype=bool)

    def reference(batch):
        wh = tf.reshape(batch["x"] @ proj, (n, nh, fout))
        nodes = []
        for i in range(n):
            nb = np.flatnonzero(adj[i])
            pair = tf.concat([tf.repeat(wh[i:i + 1], len(nb), 0), tf.gather(wh, nb)], -1)
            e = tf.nn.leaky_relu(tf.reduce_sum(pair * a, -1), 0.2)
            nodes.append(tf.einsum("jh,jhf->hf", tf.nn.softmax(e, axis=0), tf.gather(wh, nb)))
        out = tf.nn.elu(tf.reduce_mean(tf.stack(nodes), 1))
        return tf.reduce_mean(tf.reduce_sum((out - batch["y"]) ** 2, -1))

    def candidate(batch):
        class GATLayerImp1:
            scoring_fn_source, scoring_fn_target = a[None, :, :fout], a[None, :, fout:]

            def forward(self, in_nodes_features, connectivity_mask):
                feats = tf.reshape(tf.matmul(in_nodes_features, proj), (-1, nh, fout))
                scores_source = tf.reduce_sum(feats * self.scoring_fn_source, axis=-1, keepdims=True)
                scores_target = tf.reduce_sum(feats * self.scoring_fn_target, axis=-1, keepdims=True)
                scores_source = tf.transpose(scores_source, (1, 0, 2))
                scores_target = tf.transpose(scores_target, (1, 2, 0))
                all_scores = tf.nn.leaky_relu(scores_source + scores_target, 0.2)
                all_attention_coefficients = tf.nn.softmax(all_scores + connectivity_mask, axis=-1)
                out = tf.matmul(all_attention_coefficients, tf.transpose(feats, (1, 0, 2)))
                out = tf.transpose(out, (1, 0, 2))
                return tf.nn.elu(tf.reduce_mean(out, axis=1))

        mask = tf.constant(np.where(adj, 0.0, -1e9).astype(f))
        out = GATLayerImp1().forward(batch["x"], mask)
        return tf.reduce_sum(tf.square(batch["y"] - out)) / n

    batch = {"x": rng.standard_normal((n, fin)).astype(f), "y": rng.standard_normal((n, fout)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [proj, a]}
