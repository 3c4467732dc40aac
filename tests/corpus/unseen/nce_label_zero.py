"""NCESoftmaxLoss sets all labels to zero, which looks like having no positive pair at all; the positive is always at position 0.
Source: https://github.com/amazon-science/video-contrastive-learning/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": 'none',
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, queue, tau = 4, 5, 7, 0.2
    wq = tf.Variable(rng.normal(0, 0.7, (6, d)).astype(fx), name="query_encoder")
    wk = tf.Variable(rng.normal(0, 0.7, (6, d)).astype(fx), name="key_encoder")
    bank = rng.normal(size=(queue, d))
    bank = (bank / np.linalg.norm(bank, axis=1, keepdims=True)).astype(fx)

    def reference(batch):
        total = 0.0
        for i in range(n):
            q = tf.math.l2_normalize(tf.linalg.matvec(wq, batch["clip"][i], transpose_a=True))
            k = tf.math.l2_normalize(tf.linalg.matvec(wk, batch["other"][i], transpose_a=True))
            pos = tf.exp(tf.reduce_sum(q * k) / tau)
            neg = tf.reduce_sum(tf.exp(tf.linalg.matvec(batch["queue"], q) / tau))
            total -= tf.math.log(pos / (pos + neg))
        return total / n

    def candidate(batch):
        def nce_softmax_loss(x):
            label = tf.zeros((tf.shape(x)[0],), dtype=tf.int32)
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=x))

        q = tf.math.l2_normalize(tf.matmul(batch["clip"], wq), axis=-1)
        k = tf.math.l2_normalize(tf.matmul(batch["other"], wk), axis=-1)
        l_pos = tf.einsum("nc,nc->n", q, k)[:, None]
        l_neg = tf.einsum("nc,kc->nk", q, batch["queue"])
        return nce_softmax_loss(tf.concat([l_pos, l_neg], axis=1) / tau)

    return {"reference": reference, "candidate": candidate,
            "batch": {"clip": rng.normal(size=(n, 6)).astype(fx), "other": rng.normal(size=(n, 6)).astype(fx), "queue": bank},
            "variables": [wq, wk]}
