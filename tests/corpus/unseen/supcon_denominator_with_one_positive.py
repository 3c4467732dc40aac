"""Supervised contrastive loss: the denominator holds the negatives and the one positive at hand instead of all other samples.

Source (real): https://github.com/zhoujiahuan1991/CVPR2024-FCS/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'denominator = exp_logits + tf.reduce_sum(exp_logits * neg_mask, axis=1, keepdims=True)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, e = 15, 6, 8, 4
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(h, e)).astype("float32") * 0.5, name="w2")
    batch = {"x": rng.normal(size=(n, d)).astype("float32"), "label": (np.arange(n) % 3).astype("int32")}
    tau = 0.3

    def features(x):
        return tf.math.l2_normalize(tf.nn.relu(x @ w1) @ w2, axis=1)

    def reference(b):
        z = features(b["x"])
        loss = 0.0
        for i in range(n):
            s = tf.linalg.matvec(z, z[i]) / tau
            not_self = tf.range(n) != i
            log_denom = tf.reduce_logsumexp(tf.boolean_mask(s, not_self))
            pos = not_self & (b["label"] == b["label"][i])
            loss += tf.reduce_mean(log_denom - tf.boolean_mask(s, pos))
        return loss / n

    def candidate(b):
        z = features(b["x"])
        logits = tf.matmul(z, z, transpose_b=True) / tau
        logits = logits - tf.stop_gradient(tf.reduce_max(logits, axis=1, keepdims=True))
        same = tf.cast(b["label"][:, None] == b["label"][None, :], tf.float32)
        pos_mask = same - tf.eye(n)
        neg_mask = 1.0 - same
        exp_logits = tf.exp(logits)
        denominator = exp_logits + tf.reduce_sum(exp_logits * neg_mask, axis=1, keepdims=True)
        log_prob = logits - tf.math.log(denominator)
        mean_log_prob_pos = tf.reduce_sum(pos_mask * log_prob, 1) / tf.reduce_sum(pos_mask, 1)
        return -tf.reduce_mean(mean_log_prob_pos)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
