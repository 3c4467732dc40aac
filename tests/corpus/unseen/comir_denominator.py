"""CoMIR's InfoNCE: the denominator is the logsumexp of the negatives only, the paper has the positive in it as well.
Source: https://github.com/MIDA-group/CoMIR/issues/51"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "softmaxes.append(-pos + tf.reduce_logsumexp(neg))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, e = 5, 6, 4
    w_a = tf.Variable(rng.normal(size=(d, e), scale=0.4).astype(fx), name="modality_a")
    w_b = tf.Variable(rng.normal(size=(d, e), scale=0.4).astype(fx), name="modality_b")
    tau = 0.5

    def reference(batch):
        za = tf.math.l2_normalize(tf.matmul(batch["a"], w_a), axis=1)
        zb = tf.math.l2_normalize(tf.matmul(batch["b"], w_b), axis=1)
        logits = tf.matmul(za, zb, transpose_b=True) / tau
        labels = tf.range(n)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    def candidate(batch):
        feats_a = tf.math.l2_normalize(tf.matmul(batch["a"], w_a), axis=1)
        feats_b = tf.math.l2_normalize(tf.matmul(batch["b"], w_b), axis=1)
        softmaxes = []
        for i in range(n):
            sims = tf.linalg.matvec(feats_b, feats_a[i]) / tau
            pos = sims[i]
            neg = tf.concat([sims[:i], sims[i + 1:]], axis=0)
            softmaxes.append(-pos + tf.reduce_logsumexp(neg))
        return tf.reduce_mean(tf.stack(softmaxes))

    return {"reference": reference, "candidate": candidate,
            "batch": {"a": rng.normal(size=(n, d)).astype(fx), "b": rng.normal(size=(n, d)).astype(fx)},
            "variables": [w_a, w_b]}
