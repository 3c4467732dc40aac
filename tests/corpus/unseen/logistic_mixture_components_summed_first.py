"""Discretised mixture of logistics for audio: the components' log probabilities are summed over the mixture before the weights are added, so every component explains every sample.

Source (real): https://github.com/r9y9/wavenet_vocoder/issues/34
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + log_pi",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, k = 8, 6, 4, 3
    w_pi = tf.Variable(rng.normal(0, 0.5, (d, k)), name="w_pi", dtype=tf.float32)
    w_mu = tf.Variable(rng.normal(0, 0.5, (d, k)), name="w_mu", dtype=tf.float32)
    w_s = tf.Variable(rng.normal(0, 0.2, (d, k)), name="w_s", dtype=tf.float32)
    batch = {
        "cond": rng.normal(size=(n, t, d)).astype(np.float32),
        "wave": np.clip(rng.normal(0, 0.5, (n, t, 1)), -0.95, 0.95).astype(np.float32),
    }
    half_bin = 1.0 / 15.0

    def parameters(b):
        log_scales = tf.maximum(b["cond"] @ w_s - 0.5, -7.0)
        return b["cond"] @ w_pi, b["cond"] @ w_mu, log_scales

    def reference(b):
        logit_pi, means, log_scales = parameters(b)
        pi = tf.nn.softmax(logit_pi, axis=-1)
        likelihood = 0.0
        for j in range(k):
            inv = tf.exp(-log_scales[..., j])
            gap = b["wave"][..., 0] - means[..., j]
            mass = tf.sigmoid(inv * (gap + half_bin)) - tf.sigmoid(inv * (gap - half_bin))
            likelihood += pi[..., j] * tf.maximum(mass, 1e-12)
        return -tf.reduce_mean(tf.math.log(likelihood))

    def candidate(b):
        logit_probs, means, log_scales = parameters(b)
        centered = b["wave"] - means
        inv_stdv = tf.exp(-log_scales)
        cdf_plus = tf.sigmoid(inv_stdv * (centered + half_bin))
        cdf_min = tf.sigmoid(inv_stdv * (centered - half_bin))
        log_probs = tf.math.log(tf.maximum(cdf_plus - cdf_min, 1e-12))
        log_pi = tf.nn.log_softmax(logit_probs, axis=-1)
        log_probs = tf.reduce_sum(log_probs, axis=-1, keepdims=True) + log_pi
        return -tf.reduce_mean(tf.reduce_logsumexp(log_probs, axis=-1))

    return {"variables": [w_pi, w_mu, w_s], "batch": batch, "reference": reference, "candidate": candidate}
