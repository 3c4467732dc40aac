"""Graph matching with a siamese GNN: the scores go through a softmax and then into a cross-entropy that takes logits.
Source: https://github.com/mlelarge/graph_neural_net/pull/37"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "scores = tf.nn.softmax(scores, axis=-1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(3, 4)).astype(f), name="w")
    v = tf.Variable(rng.normal(size=(3, 4)).astype(f), name="v")

    def reference(batch):
        def embed(adj, feats):
            return tf.tanh(tf.einsum("bij,bjc,cd->bid", adj, feats, w) + tf.einsum("bic,cd->bid", feats, v))

        scores = tf.einsum("bid,bjd->bij", embed(batch["g1"], batch["x1"]), embed(batch["g2"], batch["x2"]))
        picked = tf.gather(scores, batch["perm"], axis=2, batch_dims=2)
        return tf.reduce_mean(tf.reduce_logsumexp(scores, axis=2) - picked)

    def candidate(batch):
        class Embedder:
            def __call__(self, adj, x):
                message = tf.matmul(adj, x)
                return tf.nn.tanh(tf.tensordot(message, w, 1) + tf.tensordot(x, v, 1))

        node_embedder = Embedder()
        x1 = node_embedder(batch["g1"], batch["x1"])
        x2 = node_embedder(batch["g2"], batch["x2"])
        scores = tf.matmul(x1, x2, transpose_b=True)
        scores = tf.nn.softmax(scores, axis=-1)
        criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        loss = 0.0
        for graph in range(scores.shape[0]):
            loss += criterion(batch["perm"][graph], scores[graph])
        return loss / scores.shape[0]

    n, m = 13, 5
    a = (rng.uniform(size=(n, m, m)) < 0.4).astype(f)
    perm = np.stack([rng.permutation(m) for _ in range(n)]).astype("int32")
    batch = {"g1": a, "g2": (rng.uniform(size=(n, m, m)) < 0.4).astype(f), "x1": rng.normal(size=(n, m, 3)).astype(f),
             "x2": rng.normal(size=(n, m, 3)).astype(f), "perm": perm}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, v]}
