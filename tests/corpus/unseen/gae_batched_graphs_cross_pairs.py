"""Graph autoencoder on a batch of graphs joined into one: the adjacency of the big graph is the label, and pairs of nodes of different
graphs come in as negatives; a mask is missing.
Source: https://github.com/shionhonda/gae-dgl/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return tf.reduce_mean(bce)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(4, 3)).astype(f), name="w")
    sizes = (4, 5, 6)

    def reference(batch):
        start, total, pairs = 0, 0.0, 0
        edges = batch["edges"].numpy()
        for size in sizes:
            adj = np.zeros((size, size))
            for i, j in edges:
                if start <= i < start + size:
                    adj[i - start, j - start] = adj[j - start, i - start] = 1.0
            np.fill_diagonal(adj, 1.0)
            adj = tf.constant(adj, f)
            x = batch["feats"][start:start + size]
            z = (adj @ x @ w) / tf.reduce_sum(adj, axis=1, keepdims=True)
            logits = z @ tf.transpose(z)
            total += tf.reduce_sum(tf.nn.softplus(logits) - adj * logits)
            pairs += size * size
            start += size
        return total / pairs

    def candidate(batch):
        def batch_graphs():
            num = batch["feats"].shape[0]
            both = tf.concat([batch["edges"], tf.reverse(batch["edges"], axis=[1])], axis=0)
            adj = tf.scatter_nd(both, tf.ones(both.shape[0], f), [num, num])
            return tf.minimum(adj + tf.eye(num, dtype=f), 1.0)

        class GAE:
            def encode(self, adj, h):
                degree = tf.reduce_sum(adj, axis=-1)
                return tf.matmul(tf.matmul(adj, h), w) / degree[:, None]

            def decode(self, z):
                return tf.matmul(z, z, transpose_b=True)

        adj = batch_graphs()
        model = GAE()
        adj_logits = model.decode(model.encode(adj, batch["feats"]))
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=adj, logits=adj_logits)
        return tf.reduce_mean(bce)

    edges, start = [], 0
    for size in sizes:
        edges += [(start + i, start + i + 1) for i in range(size - 1)] + [(start, start + size - 1)]
        start += size
    batch = {"feats": rng.normal(size=(15, 4)).astype(f), "edges": np.array(edges, "int32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w]}
