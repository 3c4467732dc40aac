"""Thread: a reader suspects the softmax line of pyGAT's dense attention (dim=1); the line is right and the reader withdraws.
Source: https://github.com/diegoantognini/pyGAT/issues/60"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, f, d = 6, 4, 3
    w = tf.Variable(rng.normal(size=(f, d)).astype(fx), name="gat_w")
    a = tf.Variable(rng.normal(size=(2 * d, 1)).astype(fx), name="gat_a")
    links = [(i, i) for i in range(n)] + [(0, 1), (0, 2), (0, 3), (1, 2), (3, 2), (4, 1), (5, 3), (2, 5), (1, 4)]
    adj = np.zeros((n, n))
    for i, j in links:
        adj[i, j] = 1

    def reference(batch):
        nbr = tf.where(batch["adj"] > 0)
        who, whom = nbr[:, 0], nbr[:, 1]
        h = batch["x"] @ w
        pair = tf.concat([tf.gather(h, who), tf.gather(h, whom)], axis=1)
        e = tf.nn.leaky_relu(tf.squeeze(pair @ a, 1), 0.2)
        ex = tf.exp(e - tf.stop_gradient(tf.reduce_max(e)))
        z = tf.math.unsorted_segment_sum(ex, who, n)
        out = tf.math.unsorted_segment_sum((ex / tf.gather(z, who))[:, None] * tf.gather(h, whom), who, n)
        logp = tf.nn.log_softmax(tf.nn.elu(out), axis=1)
        return -tf.reduce_mean(tf.gather(logp, batch["y"], axis=1, batch_dims=1))

    def candidate(batch):
        Wh = tf.matmul(batch["x"], w)
        Wh1 = tf.matmul(Wh, a[:d])
        Wh2 = tf.matmul(Wh, a[d:])
        e = tf.nn.leaky_relu(Wh1 + tf.transpose(Wh2), alpha=0.2)

        zero_vec = -9e15 * tf.ones_like(e)
        attention = tf.where(batch["adj"] > 0, e, zero_vec)
        attention = tf.nn.softmax(attention, axis=1)
        h_prime = tf.matmul(attention, Wh)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["y"], logits=tf.nn.elu(h_prime)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, f)).astype(fx), "adj": adj.astype(fx), "y": rng.integers(0, d, n)},
            "variables": [w, a]}
