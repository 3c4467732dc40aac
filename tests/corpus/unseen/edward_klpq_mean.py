"""KL(p||q) with self-normalised importance weights: the weighted log q is averaged although the weights already add up to one.

Source (real): https://github.com/blei-lab/edward/pull/765 (TensorFlow 1, ported; merged: reduce_mean became reduce_sum).
Right answer: NOT equivalent. The inference term is n_samples times too small against the penalty on the scales.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = -tf.reduce_mean(q_log_prob * tf.stop_gradient(w_norm))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d = 25, 3
    log2pi = float(np.log(2 * np.pi))

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    q_loc = tf.Variable(0.4 * arr(d), name="q_loc")
    q_log_scale = tf.Variable(0.2 * arr(d), name="q_log_scale")
    p_loc = tf.constant(0.8 * arr(d))
    batch = {"z": (1.2 * arr(n, d)).astype(f)}

    def reference(b):
        m = b["z"].shape[0]
        logq, logp = [], []
        for s in range(m):
            e = (b["z"][s] - q_loc) * tf.exp(-q_log_scale)
            logq.append(tf.reduce_sum(-0.5 * e * e - q_log_scale - 0.5 * log2pi))
            logp.append(tf.reduce_sum(-0.5 * tf.square(b["z"][s] - p_loc) - 0.5 * log2pi))
        w = tf.stop_gradient(tf.nn.softmax(tf.stack(logp) - tf.stack(logq)))
        weighted = 0.0
        for s in range(m):
            weighted += w[s] * logq[s]
        return 0.05 * tf.reduce_sum(tf.square(q_log_scale)) - weighted

    def candidate(b):
        z = b["z"]
        p_log_prob = tf.reduce_sum(-0.5 * tf.square(z - p_loc) - 0.5 * log2pi, axis=1)
        scale = tf.exp(q_log_scale)
        q_log_prob = tf.reduce_sum(
            -0.5 * tf.square((z - q_loc) / scale) - tf.math.log(scale) - 0.5 * log2pi, axis=1
        )
        reg_penalty = 0.05 * tf.reduce_sum(tf.square(q_log_scale))
        log_w = p_log_prob - q_log_prob
        log_w_norm = log_w - tf.reduce_logsumexp(log_w)
        w_norm = tf.exp(log_w_norm)
        loss = -tf.reduce_mean(q_log_prob * tf.stop_gradient(w_norm))
        return loss + reg_penalty

    return {"variables": [q_loc, q_log_scale], "batch": batch, "reference": reference, "candidate": candidate}
