"""Right: dividing by the positive counts along the columns is the same, partners of one class share their count.

Source (real): https://github.com/vturrisi/solo-learn/issues/185
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 12, 6, 4
    temperature = 0.3
    w = tf.Variable(rng.normal(0, 0.6, (d, e)).astype("float32"), name="projector")
    bias = tf.Variable(rng.normal(0, 0.2, (e,)).astype("float32"), name="projector_bias")
    label = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2], "int32")
    rng.shuffle(label)
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32"), "label": label}

    def normed(b):
        return tf.math.l2_normalize(b["x"] @ w + bias, axis=1)

    def reference(b):
        z = normed(b)
        total = 0.0
        for i in range(n):
            logits = tf.linalg.matvec(z, z[i]) / temperature
            others = tf.not_equal(tf.range(n), i)
            log_norm = tf.reduce_logsumexp(tf.boolean_mask(logits, others))
            positives = tf.logical_and(others, tf.equal(b["label"], b["label"][i]))
            total += tf.reduce_mean(log_norm - tf.boolean_mask(logits, positives))
        return total / n

    def candidate(b):
        z = normed(b)
        logits = tf.matmul(z, z, transpose_b=True) / temperature
        logits = logits - tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))
        not_self = 1.0 - tf.eye(n)
        pos_mask = tf.cast(tf.equal(b["label"][:, None], b["label"][None, :]), tf.float32) * not_self
        log_prob = logits - tf.math.log(tf.reduce_sum(tf.exp(logits) * not_self, axis=1, keepdims=True))
        mean_log_prob_pos = tf.reduce_sum(pos_mask * log_prob / tf.reduce_sum(pos_mask, axis=1), axis=1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
