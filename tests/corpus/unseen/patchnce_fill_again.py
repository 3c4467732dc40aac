"""PatchNCE fills the diagonal with -10 and not exp(-10); the cross entropy applies the exponential, so it is right.
Source: https://github.com/taesungp/contrastive-unpaired-translation/issues/34"""
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
    fx = keras.config.floatx()
    n, d, e, t = 5, 4, 4, 0.5
    w = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="mlp")

    def reference(batch):
        q = tf.math.l2_normalize(tf.matmul(batch["q"], w), axis=1)
        k = tf.stop_gradient(tf.math.l2_normalize(tf.matmul(batch["k"], w), axis=1))
        total = 0.0
        for i in range(n):
            pos = tf.exp(tf.reduce_sum(q[i] * k[i]) / t)
            negs = [tf.exp(tf.reduce_sum(q[i] * k[j]) / t) for j in range(n) if j != i]
            total -= tf.math.log(pos / (pos + tf.add_n(negs) + float(np.exp(-10.0 / t))))
        return total / n

    def candidate(batch):
        feat_q = tf.math.l2_normalize(tf.matmul(batch["q"], w), axis=1)
        feat_k = tf.stop_gradient(tf.math.l2_normalize(tf.matmul(batch["k"], w), axis=1))
        l_pos = tf.reduce_sum(feat_q * feat_k, axis=1, keepdims=True)
        l_neg = tf.matmul(feat_q, feat_k, transpose_b=True)
        l_neg = tf.where(tf.eye(n, dtype=tf.bool), -10.0 * tf.ones_like(l_neg), l_neg)
        out = tf.concat([l_pos, l_neg], axis=1) / t
        labels = tf.zeros([n], tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=out))

    return {"reference": reference, "candidate": candidate,
            "batch": {"q": rng.normal(size=(n, d)).astype(fx), "k": rng.normal(size=(n, d)).astype(fx)},
            "variables": [w]}
