"""MoCo v2 loss: pos has shape (N, 1) and the sum over the queue has shape (N,), so the
denominator becomes an N x N matrix and every query sees the negatives of all the others. Source: https://github.com/Seonghoon-Yu/MoCov2_Pytorch_tutorial/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'neg = tf.reduce_sum(tf.exp(sims / tau), axis=1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, dim, feat, size, tau = 5, 4, 6, 7, 0.3
    encoder = var("query_encoder", feat, dim)
    queue = arr(size, dim)
    queue /= np.linalg.norm(queue, axis=1, keepdims=True)
    keys = arr(n, dim)
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)

    def reference(batch):
        q = tf.math.l2_normalize(tf.matmul(batch["img"], encoder), axis=1)
        l_pos = tf.einsum("nc,nc->n", q, batch["key"])[:, None]
        l_neg = tf.einsum("nc,kc->nk", q, batch["queue"])
        logits = tf.concat([l_pos, l_neg], axis=1) / tau
        labels = tf.zeros(n, dtype=tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def candidate(batch):
        q = tf.math.l2_normalize(tf.matmul(batch["img"], encoder), axis=1)
        k = tf.stop_gradient(batch["key"])
        dots = tf.matmul(tf.reshape(q, (n, 1, dim)), tf.reshape(k, (n, dim, 1)))
        pos = tf.exp(tf.reshape(dots, (n, 1)) / tau)
        sims = tf.matmul(q, batch["queue"], transpose_b=True)
        neg = tf.reduce_sum(tf.exp(sims / tau), axis=1)
        denominator = pos + neg
        return tf.reduce_mean(-tf.math.log(pos / denominator))

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, feat), "key": keys, "queue": queue},
            "variables": [encoder]}
