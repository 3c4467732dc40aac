"""MoCo: people wonder that all labels are zero; the positive stands in column 0 of the logits, so the labels are right.
Source: https://github.com/facebookresearch/moco/issues/24"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, e, queue_len = 14, 6, 4, 9
    im_q = rng.normal(size=(n, d)).astype(f)
    key = rng.normal(size=(n, e))
    key = (key / np.linalg.norm(key, axis=1, keepdims=True)).astype(f)
    queue = rng.normal(size=(e, queue_len))
    queue = (queue / np.linalg.norm(queue, axis=0, keepdims=True)).astype(f)
    encoder = tf.Variable(rng.normal(size=(d, e)).astype(f), name="encoder")

    def reference(batch):
        total = tf.constant(0.0, f)
        for i in range(n):
            q = tf.math.l2_normalize(tf.linalg.matvec(encoder, batch["im_q"][i], transpose_a=True), axis=0)
            pos = tf.tensordot(q, batch["key"][i], 1) / 0.2
            neg = tf.linalg.matvec(queue.T, q) / 0.2
            total -= tf.math.log(tf.exp(pos) / (tf.exp(pos) + tf.reduce_sum(tf.exp(neg))))
        return total / n

    def candidate(batch):
        q = batch["im_q"] @ encoder
        q = q / tf.norm(q, axis=1, keepdims=True)
        l_pos = tf.einsum("nc,nc->n", q, batch["key"])[:, None]
        l_neg = tf.einsum("nc,ck->nk", q, tf.constant(queue))
        logits = tf.concat([l_pos, l_neg], axis=1)
        logits /= 0.2
        labels = tf.zeros(logits.shape[0], dtype=tf.int64)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate, "batch": {"im_q": im_q, "key": key}, "variables": [encoder]}
