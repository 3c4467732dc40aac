"""Suspected: pixel contrast denominator has all positives. neg_logits is summed to one column, so each pair gets its own
exponential plus the negatives, as in the paper. Source: https://github.com/tfzhou/ContrastiveSeg/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, e, temp = 8, 5, 4, 0.5
    head = keras.layers.Dense(e, name="proj")
    head.build((None, d))

    def reference(batch):
        f = tf.nn.l2_normalize(head(batch["pix"]), axis=1)
        y = batch["cls"].numpy()
        total = 0.0
        for i in range(n):
            pos = [j for j in range(n) if j != i and y[j] == y[i]]
            neg = [j for j in range(n) if y[j] != y[i]]
            negative = tf.add_n([tf.exp(tf.tensordot(f[i], f[j], 1) / temp) for j in neg])
            terms = []
            for j in pos:
                s = tf.exp(tf.tensordot(f[i], f[j], 1) / temp)
                terms.append(-tf.math.log(s / (s + negative)))
            total += tf.add_n(terms) / len(pos)
        return total / n

    def candidate(batch):
        feats = tf.nn.l2_normalize(head(batch["pix"]), axis=1)
        labels = batch["cls"]
        mask = tf.cast(labels[:, None] == labels[None, :], feats.dtype)
        anchor_dot = tf.matmul(feats, feats, transpose_b=True) / temp
        logits = anchor_dot - tf.stop_gradient(tf.reduce_max(anchor_dot, axis=1, keepdims=True))
        neg_mask = 1.0 - mask
        mask = mask * (1.0 - tf.eye(n, dtype=mask.dtype))
        neg_logits = tf.reduce_sum(tf.exp(logits) * neg_mask, axis=1, keepdims=True)
        exp_logits = tf.exp(logits)
        log_prob = logits - tf.math.log(exp_logits + neg_logits)
        mean_log_prob_pos = tf.reduce_sum(mask * log_prob, axis=1) / tf.reduce_sum(mask, axis=1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"reference": reference, "candidate": candidate,
            "batch": {"pix": rng.normal(size=(n, d)).astype(fx), "cls": np.array([0, 1, 0, 2, 1, 2, 0, 1]).astype("int32")},
            "variables": head.trainable_variables}
