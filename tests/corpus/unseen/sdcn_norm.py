"""normalize() in utils row-normalises the adjacency matrix (D^-1 A) where the paper has
the symmetric D^-1/2 A D^-1/2. Source: https://github.com/bdy9527/SDCN/issues/25"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'adj = tf.linalg.diag(r_inv) @ adj',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h, k = 7, 5, 6, 3
    w1 = var("w1", d, h)
    w2 = var("w2", h, k)
    x = rng.standard_normal((n, d)).astype(fx)
    a = (rng.random((n, n)) < 0.3).astype(fx)
    a[0, 1:5] = 1.0
    a = np.triu(a, 1)
    a = (a + a.T).astype(fx)
    p = rng.dirichlet(np.ones(k), n).astype(fx)

    def reference(batch):
        a_tilde = batch["adj"] + tf.eye(n, dtype=batch["adj"].dtype)
        d_inv_sqrt = tf.math.rsqrt(tf.reduce_sum(a_tilde, axis=1))
        a_hat = a_tilde * d_inv_sqrt[:, None] * d_inv_sqrt[None, :]
        z = tf.nn.relu(a_hat @ (batch["x"] @ w1))
        q = tf.nn.softmax(a_hat @ (z @ w2), axis=1)
        return tf.reduce_mean(tf.reduce_sum(batch["p"] * (tf.math.log(batch["p"]) - tf.math.log(q)), axis=1))

    def candidate(batch):
        adj = batch["adj"] + tf.eye(n, dtype=batch["adj"].dtype)
        rowsum = tf.reduce_sum(adj, axis=1)
        r_inv = tf.pow(rowsum, -1)
        r_inv = tf.where(tf.math.is_inf(r_inv), tf.zeros_like(r_inv), r_inv)
        adj = tf.linalg.diag(r_inv) @ adj
        hidden = tf.nn.relu(adj @ (batch["x"] @ w1))
        predict = tf.nn.softmax(adj @ (hidden @ w2), axis=1)
        kl = batch["p"] * (tf.math.log(batch["p"]) - tf.math.log(predict))
        return tf.reduce_sum(kl) / n

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "adj": a, "p": p}, "variables": [w1, w2]}
