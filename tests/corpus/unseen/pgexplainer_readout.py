"""PGExplainer graph classification: global pooling of (graphs, nodes, features) runs over the feature axis
rather than over the nodes. Source: https://github.com/flyingdoog/PGExplainer/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mean_pool = tf.reduce_sum(h, axis=-1) / n_nodes",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    G, N, F, H, C = 4, 6, 3, 6, 2
    adj = (rng.random((G, N, N)) < 0.4).astype(fx)
    adj = np.maximum(adj, adj.transpose(0, 2, 1))
    W1 = tf.Variable(rng.normal(0, 0.7, (F, H)).astype(fx), name="W1")
    W2 = tf.Variable(rng.normal(0, 0.7, (H, H)).astype(fx), name="W2")
    Wo = tf.Variable(rng.normal(0, 0.7, (H, C)).astype(fx), name="Wo")

    def norm_adj(a):
        a = a + tf.eye(N, dtype=a.dtype)
        d = tf.math.rsqrt(tf.reduce_sum(a, axis=-1))
        return a * d[:, :, None] * d[:, None, :]

    def reference(batch):
        a = norm_adj(batch["adj"])
        h = tf.nn.relu(a @ batch["x"] @ W1)
        h = tf.nn.tanh(a @ h @ W2)
        h = h * batch["node_mask"][..., None]
        n_nodes = tf.reduce_sum(batch["node_mask"], axis=1, keepdims=True)
        mean_pool = tf.reduce_sum(h, axis=1) / n_nodes
        logits = mean_pool @ Wo
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits))

    def candidate(batch):
        a = norm_adj(batch["adj"])
        h = tf.nn.relu(a @ batch["x"] @ W1)
        h = tf.nn.tanh(a @ h @ W2)
        h = h * batch["node_mask"][..., None]
        n_nodes = tf.reduce_sum(batch["node_mask"], axis=1, keepdims=True)
        mean_pool = tf.reduce_sum(h, axis=-1) / n_nodes
        logits = mean_pool @ Wo
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["label"], logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(G, N, F)).astype(fx), "adj": adj,
                      "node_mask": (np.arange(N)[None] < np.array([6, 5, 4, 6])[:, None]).astype(fx),
                      "label": np.array([0, 1, 1, 0], "int32")},
            "variables": [W1, W2, Wo]}
