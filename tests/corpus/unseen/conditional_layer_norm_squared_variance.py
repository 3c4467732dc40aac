"""Conditional layer norm: the variance is squared instead of rooted.

Source (real): https://github.com/131250208/TPlinker-joint-extraction/issues/37
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "std = (variance + epsilon) ** 2",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, c = 8, 5, 6, 4
    w_in = tf.Variable(rng.normal(0, 0.5, (d, d)), name="w_in", dtype=tf.float32)
    w_gamma = tf.Variable(rng.normal(0, 0.3, (c, d)), name="w_gamma", dtype=tf.float32)
    w_beta = tf.Variable(rng.normal(0, 0.3, (c, d)), name="w_beta", dtype=tf.float32)
    w_out = tf.Variable(rng.normal(0, 0.5, (d, 1)), name="w_out", dtype=tf.float32)
    batch = {
        "tokens": rng.normal(size=(n, t, d)).astype(np.float32),
        "cond": rng.normal(size=(n, c)).astype(np.float32),
        "link": rng.integers(0, 2, (n, t)).astype(np.float32),
    }
    epsilon = 1e-6

    def scale_shift(normed, cond):
        gamma = 1.0 + (cond @ w_gamma)[:, None, :]
        beta = (cond @ w_beta)[:, None, :]
        return normed * gamma + beta

    def head(hidden, link):
        logit = tf.squeeze(tf.tanh(hidden) @ w_out, axis=-1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(link, logit))

    def reference(b):
        x = b["tokens"] @ w_in
        mean, var = tf.nn.moments(x, axes=[-1], keepdims=True)
        normed = (x - mean) * tf.math.rsqrt(var + epsilon)
        return head(scale_shift(normed, b["cond"]), b["link"])

    def cond_layer_norm(inputs, cond):
        mean = tf.reduce_mean(inputs, axis=-1, keepdims=True)
        outputs = inputs - mean
        variance = tf.reduce_mean(outputs ** 2, axis=-1, keepdims=True)
        std = (variance + epsilon) ** 2
        outputs = outputs / std
        return scale_shift(outputs, cond)

    def candidate(b):
        hidden = cond_layer_norm(b["tokens"] @ w_in, b["cond"])
        return head(hidden, b["link"])

    return {"variables": [w_in, w_gamma, w_beta, w_out], "batch": batch, "reference": reference, "candidate": candidate}
