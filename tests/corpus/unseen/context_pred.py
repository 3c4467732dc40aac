"""Context prediction pre-training: loss_pos + neg_samples * loss_neg looked wrong, was withdrawn: loss_neg is already
averaged over the negatives. Source: https://github.com/snap-stanford/pretrain-gnns/issues/24"""
import numpy as np
import tensorflow as tf
import keras
EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    f = lambda *s: rng.normal(size=s).astype(fx)
    n, d, h, K = 5, 4, 3, 2
    w_sub, w_ctx = tf.Variable(f(d, h), name="substruct"), tf.Variable(f(d, h), name="context")

    def reference(batch):
        s, c = tf.tanh(batch["sub"] @ w_sub), tf.tanh(batch["ctx"] @ w_ctx)
        total = 0.0
        for i in range(n):
            total += tf.nn.softplus(-tf.reduce_sum(s[i] * c[i]))
            for k in range(1, K + 1):
                total += tf.nn.softplus(tf.reduce_sum(s[i] * c[(i + k) % n]))
        return total / n

    def candidate(batch):
        bce = tf.nn.sigmoid_cross_entropy_with_logits
        substruct_rep = tf.tanh(tf.matmul(batch["sub"], w_sub))
        context_rep = tf.tanh(tf.matmul(batch["ctx"], w_ctx))
        neg_context = tf.concat([tf.roll(context_rep, -(i + 1), axis=0) for i in range(K)], axis=0)
        pred_pos = tf.reduce_sum(substruct_rep * context_rep, axis=1)
        pred_neg = tf.reduce_sum(tf.tile(substruct_rep, [K, 1]) * neg_context, axis=1)
        loss_pos = tf.reduce_mean(bce(labels=tf.ones_like(pred_pos), logits=pred_pos))
        loss_neg = tf.reduce_mean(bce(labels=tf.zeros_like(pred_neg), logits=pred_neg))
        return loss_pos + K * loss_neg

    return {"reference": reference, "candidate": candidate, "batch": {"sub": f(n, d), "ctx": f(n, d)},
            "variables": [w_sub, w_ctx]}
