"""Evidential classification: is S*S*(S+1) in the variance term an error for S*S*(alpha+1)? It is not.
Source: https://github.com/aamini/evidential-deep-learning/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, c = 5, 6, 4
    w = tf.Variable((0.7 * rng.normal(size=(d, c))).astype(fx), name="evidence_w")
    b = tf.Variable((0.2 * rng.normal(size=(c,))).astype(fx), name="evidence_b")
    lam = 0.3

    def reference(batch):
        alpha = 1.0 + tf.nn.softplus(batch["x"] @ w + b)
        total = tf.reduce_sum(alpha, axis=1, keepdims=True)
        first = alpha / total
        second = alpha * (alpha + 1.0) / (total * (total + 1.0))
        expected_sq = batch["y"] ** 2 - 2.0 * batch["y"] * first + second
        wrong = batch["y"] + (1.0 - batch["y"]) * alpha
        s = tf.reduce_sum(wrong, axis=1)
        kl = (tf.math.lgamma(s) - tf.math.lgamma(tf.cast(c, s.dtype)) - tf.reduce_sum(tf.math.lgamma(wrong), 1)
              + tf.reduce_sum((wrong - 1.0) * (tf.math.digamma(wrong) - tf.math.digamma(s)[:, None]), 1))
        return tf.reduce_mean(tf.reduce_sum(expected_sq, axis=1) + lam * kl)

    def candidate(batch):
        def KL(alpha):
            beta = tf.ones((1, c), alpha.dtype)
            S_alpha = tf.reduce_sum(alpha, axis=1, keepdims=True)
            S_beta = tf.reduce_sum(beta, axis=1, keepdims=True)
            lnB = tf.math.lgamma(S_alpha) - tf.reduce_sum(tf.math.lgamma(alpha), axis=1, keepdims=True)
            lnB_uni = tf.reduce_sum(tf.math.lgamma(beta), axis=1, keepdims=True) - tf.math.lgamma(S_beta)
            dg0, dg1 = tf.math.digamma(S_alpha), tf.math.digamma(alpha)
            return tf.reduce_sum((alpha - beta) * (dg1 - dg0), axis=1, keepdims=True) + lnB + lnB_uni

        evidence = tf.nn.softplus(tf.matmul(batch["x"], w) + b)
        alpha = evidence + 1.0
        y = batch["y"]
        S = tf.reduce_sum(alpha, axis=1, keepdims=True)
        m = alpha / S
        A = tf.reduce_sum((y - m) ** 2, axis=1, keepdims=True)
        B = tf.reduce_sum(alpha * (S - alpha) / (S * S * (S + 1.0)), axis=1, keepdims=True)
        alpha_hat = y + (1.0 - y) * alpha
        return tf.reduce_mean(A + B + lam * KL(alpha_hat))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": np.eye(c)[rng.integers(0, c, n)].astype(fx)},
            "variables": [w, b]}
