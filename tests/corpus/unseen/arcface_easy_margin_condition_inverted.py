"""ArcFace falls back to the linear margin where cos(theta) is above the threshold instead of below it.

Source (real): https://github.com/TreB1eN/InsightFace_Pytorch/issues/6
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "cond_mask = cond_v > 0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e, c = 14, 8, 5, 6
    s, m = 8.0, 0.5
    cos_m, sin_m, mm, threshold = math.cos(m), math.sin(m), math.sin(m) * m, math.cos(math.pi - m)
    w = tf.Variable(rng.normal(0, 0.5, (d, e)).astype("float32"), name="backbone")
    kernel = tf.Variable(rng.normal(0, 0.5, (e, c)).astype("float32"), name="class_kernel")
    batch = {"x": rng.normal(0, 1, (n, d)).astype("float32"), "label": rng.integers(0, c, n).astype("int32")}

    def cosines(b):
        emb = tf.math.l2_normalize(tf.nn.tanh(b["x"] @ w), axis=1)
        return tf.clip_by_value(emb @ tf.math.l2_normalize(kernel, axis=0), -0.999, 0.999)

    def reference(b):
        cos_theta = cosines(b)
        loss = 0.0
        for i in range(n):
            y = b["label"][i]
            cos_y = cos_theta[i, y]
            with_margin = tf.where(cos_y > threshold, tf.cos(tf.acos(cos_y) + m), cos_y - mm)
            logits = s * tf.where(tf.equal(tf.range(c), y), with_margin, cos_theta[i])
            loss += tf.reduce_logsumexp(logits) - s * with_margin
        return loss / n

    def candidate(b):
        cos_theta = cosines(b)
        sin_theta = tf.sqrt(1.0 - tf.square(cos_theta))
        cos_theta_m = cos_theta * cos_m - sin_theta * sin_m
        # this condition controls that theta + m stays in [0, pi]
        cond_v = cos_theta - threshold
        cond_mask = cond_v > 0
        keep_val = cos_theta - mm
        cos_theta_m = tf.where(cond_mask, keep_val, cos_theta_m)
        onehot = tf.one_hot(b["label"], c)
        output = s * (onehot * cos_theta_m + (1.0 - onehot) * cos_theta)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=output))

    return {"variables": [w, kernel], "batch": batch, "reference": reference, "candidate": candidate}
