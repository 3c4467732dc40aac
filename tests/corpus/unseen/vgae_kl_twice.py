"""The KL term of the VGAE is divided by the number of nodes although kl_loss() averages over the nodes already.
Source: https://github.com/pyg-team/pytorch_geometric/issues/910"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss + (1.0 / num_nodes) * kl_loss(mu, logstd)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    num_nodes, f, z = 8, 5, 3
    w_h = tf.Variable((rng.normal(size=(f, 6)) / 2).astype(fx), name="w_h")
    w_mu = tf.Variable(rng.normal(size=(6, z)).astype(fx), name="w_mu")
    w_ls = tf.Variable((rng.normal(size=(6, z)) / 2).astype(fx), name="w_ls")

    def encode(x, adj):
        h = tf.nn.relu(tf.matmul(adj, tf.matmul(x, w_h)))
        return tf.matmul(adj, tf.matmul(h, w_mu)), tf.matmul(adj, tf.matmul(h, w_ls))

    def reference(batch):
        mu, ls = encode(batch["x"], batch["adj"])
        lat = mu + tf.exp(ls) * batch["eps"]
        s = tf.matmul(lat, lat, transpose_b=True)
        pos = tf.gather_nd(s, batch["pos_edges"])
        neg = tf.gather_nd(s, batch["neg_edges"])
        rec = tf.reduce_mean(tf.nn.softplus(-pos)) + tf.reduce_mean(tf.nn.softplus(neg))
        kl_per_node = tf.reduce_sum(0.5 * (tf.exp(2 * ls) + mu ** 2 - 1) - ls, axis=1)
        return rec + tf.reduce_sum(kl_per_node) / num_nodes

    def candidate(batch):
        def kl_loss(mu, logstd):
            inner = 1 + 2 * logstd - tf.square(mu) - tf.square(tf.exp(logstd))
            return -0.5 * tf.reduce_mean(tf.reduce_sum(inner, axis=1))

        def decoder(lat, edges):
            src, dst = tf.gather(lat, edges[:, 0]), tf.gather(lat, edges[:, 1])
            return tf.reduce_sum(src * dst, axis=1)

        mu, logstd = encode(batch["x"], batch["adj"])
        lat = mu + batch["eps"] * tf.exp(logstd)
        loss = -tf.reduce_mean(tf.math.log_sigmoid(decoder(lat, batch["pos_edges"])))
        loss = loss - tf.reduce_mean(tf.math.log_sigmoid(-decoder(lat, batch["neg_edges"])))
        loss = loss + (1.0 / num_nodes) * kl_loss(mu, logstd)
        return loss

    a = np.eye(num_nodes)
    edges = np.array([[i, (i + 1) % num_nodes] for i in range(num_nodes)] + [[0, 4], [2, 6]])
    for i, j in edges:
        a[i, j] = a[j, i] = 1
    dinv = 1 / np.sqrt(a.sum(1))
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(num_nodes, f)).astype(fx),
                      "adj": (a * dinv[:, None] * dinv[None]).astype(fx),
                      "eps": rng.normal(size=(num_nodes, z)).astype(fx), "pos_edges": edges.astype("int32"),
                      "neg_edges": np.array([[0, 3], [1, 5], [2, 7], [3, 6], [4, 7]], "int32")},
            "variables": [w_h, w_mu, w_ls]}
