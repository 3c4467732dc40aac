"""Graph autoencoder: what norm and pos_weight do, and whether the weighting of the reconstruction is right.
Source: https://github.com/tkipf/gae/issues/33"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h = 6, 4, 3
    w = tf.Variable(f(d, h), name="encoder")

    def reference(batch):
        z = batch["ahat"] @ (batch["x"] @ w)
        s = z @ tf.transpose(z)
        edge = batch["adj"] > 0
        pos = tf.reduce_mean(tf.nn.softplus(-tf.boolean_mask(s, edge)))
        neg = tf.reduce_mean(tf.nn.softplus(tf.boolean_mask(s, ~edge)))
        return 0.5 * (pos + neg)

    def candidate(batch):
        adj = batch["adj"]
        edges = tf.reduce_sum(adj)
        pos_weight = (n * n - edges) / edges
        norm = n * n / ((n * n - edges) * 2.0)
        z = tf.matmul(batch["ahat"], tf.matmul(batch["x"], w))
        logits = tf.reshape(tf.matmul(z, z, transpose_b=True), [-1])
        cost = tf.nn.weighted_cross_entropy_with_logits(
            labels=tf.reshape(adj, [-1]), logits=logits, pos_weight=pos_weight)
        return norm * tf.reduce_mean(cost)

    a = rng.uniform(size=(n, n)) < 0.3
    a = ((a | a.T) | np.eye(n, dtype=bool)).astype(fx)
    deg = a.sum(1) ** -0.5
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": f(n, d), "adj": a, "ahat": (deg[:, None] * a * deg[None]).astype(fx)}, "variables": [w]}
