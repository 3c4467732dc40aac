"""DGL user guide: the hinge loss reshapes negative scores to (n, k), which needs the sources repeated element by element.
Source: https://github.com/dmlc/dgl/pull/2487"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "neg_src = tf.tile(src, [k])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    nodes, feat, h, k = 7, 4, 3, 3
    w = tf.Variable(f(feat, h), name="sage")
    src = np.array([0, 2, 3, 5, 6], dtype="int32")
    dst = np.array([1, 4, 0, 2, 3], dtype="int32")

    def reference(batch):
        z = tf.tanh((batch["x"] + batch["adj"] @ batch["x"]) @ w)
        total = 0.0
        for e in range(len(src)):
            pos = tf.reduce_sum(z[src[e]] * z[dst[e]])
            for j in range(k):
                other = tf.gather(z, batch["neg_dst"][e * k + j])
                total += tf.nn.relu(1.0 - pos + tf.reduce_sum(z[src[e]] * other))
        return total / (len(src) * k)

    def candidate(batch):
        def dot_predictor(h_nodes, u, v):
            return tf.reduce_sum(tf.gather(h_nodes, u) * tf.gather(h_nodes, v), axis=-1)

        def compute_loss(pos_score, neg_score):
            n = pos_score.shape[0]
            margin = tf.reshape(neg_score, [n, -1]) - tf.reshape(pos_score, [n, 1]) + 1.0
            return tf.reduce_mean(tf.maximum(margin, 0.0))

        message = tf.matmul(batch["adj"], batch["x"])
        hidden = tf.tanh(tf.matmul(batch["x"] + message, w))
        neg_src = tf.tile(src, [k])
        pos = dot_predictor(hidden, src, dst)
        neg = dot_predictor(hidden, neg_src, batch["neg_dst"])
        return compute_loss(pos, neg)

    adj = (rng.uniform(size=(nodes, nodes)) < 0.4).astype(fx) / 3
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": f(nodes, feat), "adj": adj.astype(fx),
                      "neg_dst": rng.integers(0, nodes, size=len(src) * k).astype("int32")},
            "variables": [w]}
