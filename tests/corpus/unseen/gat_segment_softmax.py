"""The attention coefficients are normalised over all edges of the batch instead of over
the neighbours of each node. Source: https://github.com/alibaba/graph-learn/pull/26"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": "coef = tf.nn.softmax(score, axis=0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    N, d, k = 5, 4, 3
    w, a_src, a_dst, head = var("w", d, 6), var("a_src", 6), var("a_dst", 6), var("head", 6, k)

    def reference(batch):
        h = batch["x"] @ w
        mask = batch["adj"]
        e = tf.nn.leaky_relu(tf.linalg.matvec(h, a_dst)[:, None] + tf.linalg.matvec(h, a_src)[None, :], 0.2)
        att = tf.nn.softmax(tf.where(mask > 0, e, tf.constant(-1e9, e.dtype)), axis=1)
        logits = tf.nn.elu(att @ h) @ head
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["y"], logits=logits))

    def candidate(batch):
        edges = tf.where(batch["adj"] > 0)
        segment_ids, nbr = edges[:, 0], edges[:, 1]
        h = tf.matmul(batch["x"], w)
        hi, hj = tf.gather(h, segment_ids), tf.gather(h, nbr)
        score = tf.nn.leaky_relu(tf.reduce_sum(hi * a_dst + hj * a_src, axis=1), alpha=0.2)
        coef = tf.nn.softmax(score, axis=0)
        out = tf.math.segment_sum(coef[:, None] * hj, segment_ids)
        log_probs = tf.nn.log_softmax(tf.matmul(tf.nn.elu(out), head))
        return -tf.reduce_mean(tf.gather(log_probs, batch["y"], axis=1, batch_dims=1))

    adj = ((rng.random((N, N)) < 0.4) | np.eye(N, dtype=bool)).astype(fx)
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": arr(N, d), "adj": adj, "y": rng.integers(0, k, N)},
            "variables": [w, a_src, a_dst, head]}
