"""The tutorial states D^-1/2 A D^-1/2, the layer divides the sum of the neighbours by the number
of neighbours. Source: https://github.com/phlippe/uvadlc_notebooks/issues/154"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'node_feats = node_feats / num_neighbours',
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

    b, n, d, k = 2, 5, 3, 3
    x = normal(b, n, d)
    adj = (rng.random((b, n, n)) < 0.4).astype(fx)
    adj = np.maximum(adj, adj.transpose(0, 2, 1))
    adj[:, 0, :] = 1
    adj[:, :, 0] = 1
    for i in range(n):
        adj[:, i, i] = 1
    adj[:, 3, 4] = adj[:, 4, 3] = 0
    labels = rng.integers(0, k, (b, n)).astype("int32")
    train_mask = np.ones((b, n), dtype=fx)
    train_mask[0, 1] = 0
    kernel = var("kernel", d, k)
    bias = var("bias", k)

    def reference(batch):
        total, count = 0.0, 0.0
        for g in range(b):
            deg = tf.reduce_sum(batch["adj"][g], axis=1)
            d_half = tf.linalg.diag(tf.math.rsqrt(deg))
            prop = d_half @ batch["adj"][g] @ d_half
            logits = prop @ (batch["x"][g] @ kernel + bias)
            nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"][g], logits=logits)
            total += tf.reduce_sum(nll * batch["train_mask"][g])
            count += tf.reduce_sum(batch["train_mask"][g])
        return total / count

    def candidate(batch):
        adj_matrix = batch["adj"]
        num_neighbours = tf.reduce_sum(adj_matrix, axis=-1, keepdims=True)
        node_feats = tf.einsum("bnd,dk->bnk", batch["x"], kernel) + bias
        node_feats = tf.matmul(adj_matrix, node_feats)
        node_feats = node_feats / num_neighbours
        logp = tf.nn.log_softmax(node_feats, axis=-1)
        picked = tf.gather(logp, batch["labels"], batch_dims=2)
        return -tf.reduce_sum(picked * batch["train_mask"]) / tf.reduce_sum(batch["train_mask"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "adj": adj, "labels": labels, "train_mask": train_mask},
            "variables": [kernel, bias]}
