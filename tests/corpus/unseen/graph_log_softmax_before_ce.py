"""hw2vec gives log_softmax outputs to CrossEntropyLoss, which takes log_softmax again; asked about as harmful, but
log_softmax of log-probabilities is the identity.
Source: https://github.com/AICPS/hw2vec/issues/23"""
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
    f = keras.config.floatx()
    n, feat, hid, classes, graphs = 22, 5, 4, 3, 6
    w = keras.Variable((0.5 * rng.standard_normal((feat, hid))).astype(f), name="gcn_w")
    mlp = keras.Variable((0.6 * rng.standard_normal((hid, classes))).astype(f), name="mlp")
    adj = (rng.random((n, n)) < 0.2).astype(f) + np.eye(n, dtype=f)
    sizes = [2, 5, 3, 4, 6, 2]
    batch = {
        "x": rng.standard_normal((n, feat)).astype(f),
        "index": np.repeat(np.arange(graphs), sizes).astype("int32"),
        "label": rng.integers(0, classes, graphs).astype("int32"),
    }
    class_weight = np.array([0.5, 1.0, 2.0], f)

    def reference(batch):
        h = tf.tanh((adj / adj.sum(1, keepdims=True)) @ batch["x"] @ w)
        starts = np.cumsum([0] + sizes)
        pooled = tf.stack([tf.reduce_mean(h[a:b], axis=0) for a, b in zip(starts[:-1], starts[1:])])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["label"], logits=pooled @ mlp)
        cw = tf.gather(class_weight, batch["label"])
        return tf.reduce_sum(cw * ce) / tf.reduce_sum(cw)

    def candidate(batch):
        class CrossEntropyLoss:
            def __init__(self, weight):
                self.weight = weight

            def __call__(self, input, target):
                logp = tf.nn.log_softmax(input, axis=1)
                onehot = tf.one_hot(target, classes, dtype=input.dtype) * self.weight
                return -tf.reduce_sum(onehot * logp) / tf.reduce_sum(onehot)

        def embed_graph(x, index):
            agg = tf.matmul(adj, tf.matmul(x, w)) / tf.reduce_sum(adj, axis=1, keepdims=True)
            return tf.math.segment_mean(tf.tanh(agg), index)

        output = tf.matmul(embed_graph(batch["x"], batch["index"]), mlp)
        output = tf.nn.log_softmax(output, axis=1)
        return CrossEntropyLoss(class_weight)(output, batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, mlp]}
