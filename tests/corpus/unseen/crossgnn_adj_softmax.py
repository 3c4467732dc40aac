"""Thread: CrossGNN normalises its masked adjacency by softmax over dim=0 although each row holds a node's set of neighbours.
Source: https://github.com/hqh0728/CrossGNN/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "adj = tf.nn.softmax(tf.where(indices_to_remove, filter_value, adj), axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, n, d, hz, k = 3, 6, 4, 2, 3
    e1 = tf.Variable(rng.normal(size=(n, 3)).astype(fx), name="nodevec1")
    e2 = tf.Variable(rng.normal(size=(3, n)).astype(fx), name="nodevec2")
    w = tf.Variable(rng.normal(size=(d, hz)).astype(fx), name="proj")

    def reference(batch):
        score = tf.nn.relu(tf.tanh(e1 @ e2))
        rows = []
        for i in range(n):
            kth = tf.sort(score[i], direction="DESCENDING")[k - 1]
            keep = tf.cast(score[i] >= kth, score.dtype)
            ex = tf.exp(score[i] - tf.reduce_max(score[i])) * keep
            rows.append(ex / tf.reduce_sum(ex))
        a = tf.stack(rows)
        mixed = tf.stack([a @ batch["x"][j] for j in range(b)])
        return tf.reduce_mean((tf.nn.gelu(mixed + batch["x"]) @ w - batch["y"]) ** 2)

    def candidate(batch):
        x = batch["x"]
        filter_value = tf.constant(-1e9, dtype=x.dtype)

        adj = tf.nn.relu(tf.tanh(tf.matmul(e1, e2)))
        topk = tf.math.top_k(adj, k=k).values
        indices_to_remove = adj < topk[..., -1:]
        adj = tf.nn.softmax(tf.where(indices_to_remove, filter_value, adj), axis=0)

        agg = tf.einsum("nm,bmd->bnd", adj, x)
        out = tf.nn.gelu(x + agg)
        forecast = tf.einsum("bnd,dh->bnh", out, w)
        return tf.reduce_mean(tf.square(batch["y"] - forecast))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, n, d)).astype(fx) * 2, "y": rng.normal(size=(b, n, hz)).astype(fx)},
            "variables": [e1, e2, w]}
