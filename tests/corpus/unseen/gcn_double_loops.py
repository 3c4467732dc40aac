"""GCNConv adds self loops without a check whether edge_index has them already. Source: https://github.com/pyg-team/pytorch_geometric/issues/129"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "edges = tf.concat([batch['edge_index'], loops], axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    n, d, k = 5, 3, 3
    x = normal(n, d)
    edge_index = np.array([[0, 1, 1, 2, 3, 2, 2, 4, 0, 3], [1, 0, 2, 1, 2, 3, 2, 0, 0, 4]], dtype="int32")
    labels = rng.integers(0, k, n).astype("int32")
    train = np.array([1, 1, 0, 1, 1], dtype=fx)
    kernel = var("kernel", d, k)
    bias = var("bias", k)

    def reference(batch):
        pairs = {(int(s), int(t)) for s, t in batch["edge_index"].numpy().T}
        pairs |= {(i, i) for i in range(n)}
        deg = [sum(1 for s, t in pairs if t == i) for i in range(n)]
        h = batch["x"] @ kernel
        rows = []
        for i in range(n):
            acc = 0.0
            for s in range(n):
                if (s, i) in pairs:
                    acc += h[s] / float(np.sqrt(deg[s] * deg[i]))
            rows.append(acc + bias)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=tf.stack(rows))
        return tf.reduce_sum(ce * batch["train"]) / tf.reduce_sum(batch["train"])

    def candidate(batch):
        loops = tf.tile(tf.range(n, dtype=batch["edge_index"].dtype)[None], [2, 1])
        edges = tf.concat([batch['edge_index'], loops], axis=1)
        row, col = edges[0], edges[1]
        ones = tf.ones_like(row, dtype=batch["x"].dtype)
        deg = tf.math.unsorted_segment_sum(ones, col, n)
        deg_inv_sqrt = tf.where(deg > 0, tf.pow(deg, -0.5), tf.zeros_like(deg))
        norm = tf.gather(deg_inv_sqrt, row) * tf.gather(deg_inv_sqrt, col)
        messages = norm[:, None] * tf.gather(tf.matmul(batch["x"], kernel), row)
        logits = tf.math.unsorted_segment_sum(messages, col, n) + bias
        logp = tf.gather(tf.nn.log_softmax(logits), batch["labels"], batch_dims=1)
        return -tf.reduce_sum(logp * batch["train"]) / tf.reduce_sum(batch["train"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "edge_index": edge_index, "labels": labels, "train": train},
            "variables": [kernel, bias]}
