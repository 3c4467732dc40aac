"""CUT PatchNCE: is the diagonal to be filled with exp(-10) instead of -10? No, the cross entropy takes the exponential itself.
Source: https://github.com/taesungp/contrastive-unpaired-translation/issues/47"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, p, d, e, nce_T = 3, 5, 6, 4, 0.07
    mlp = keras.layers.Dense(e, name="mlp")
    mlp.build((None, d))

    def reference(batch):
        total = 0.0
        for i in range(b):
            fq = tf.math.l2_normalize(mlp(batch["tgt"][i]), axis=1)
            fk = tf.stop_gradient(tf.math.l2_normalize(mlp(batch["src"][i]), axis=1))
            for j in range(p):
                row = tf.linalg.matvec(fk, fq[j]) / nce_T
                total += tf.reduce_logsumexp(row) - row[j]
        return total / (b * p)

    def candidate(batch):
        feat_q = tf.math.l2_normalize(mlp(tf.reshape(batch["tgt"], (-1, d))), axis=1)
        feat_k = tf.math.l2_normalize(mlp(tf.reshape(batch["src"], (-1, d))), axis=1)
        feat_k = tf.stop_gradient(feat_k)
        l_pos = tf.reduce_sum(feat_q * feat_k, axis=1, keepdims=True)
        feat_q = tf.reshape(feat_q, (b, -1, e))
        feat_k = tf.reshape(feat_k, (b, -1, e))
        npatches = feat_q.shape[1]
        l_neg_curbatch = tf.matmul(feat_q, feat_k, transpose_b=True)
        diagonal = tf.cast(tf.eye(npatches), tf.bool)[None]
        l_neg_curbatch = tf.where(diagonal, tf.cast(-10.0, l_neg_curbatch.dtype), l_neg_curbatch)
        l_neg = tf.reshape(l_neg_curbatch, (-1, npatches))
        out = tf.concat([l_pos, l_neg], axis=1) / nce_T
        labels = tf.zeros(out.shape[0], dtype=tf.int32)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=out))

    return {"reference": reference, "candidate": candidate,
            "batch": {"src": rng.standard_normal((b, p, d)).astype(f),
                      "tgt": rng.standard_normal((b, p, d)).astype(f)},
            "variables": mlp.trainable_variables}
