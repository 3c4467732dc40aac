"""Wrong: ArcFace's fallback for too large angles is applied where the condition is the other way round.

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
    feat = tf.Variable(rng.normal(0, 0.5, (6, 5)).astype("float32"), name="feat_w")
    kernel = tf.Variable(rng.normal(0, 0.5, (5, 6)).astype("float32"), name="class_kernel")
    batch = {
        "face": rng.normal(size=(12, 6)).astype("float32"),
        "id": rng.integers(0, 6, 12).astype("int32"),
    }
    s, m = 8.0, 0.5
    th, mm = math.cos(math.pi - m), math.sin(math.pi - m) * m

    def cosines(x):
        e = tf.math.l2_normalize(tf.tanh(x @ feat), axis=1)
        c = e @ tf.math.l2_normalize(kernel, axis=0)
        return tf.clip_by_value(c, -1 + 1e-5, 1 - 1e-5)

    def reference(b):
        cos_t = cosines(b["face"])
        hot = tf.one_hot(b["id"], 6)
        theta = tf.acos(cos_t)
        shifted = tf.where(theta + m < math.pi, tf.cos(theta + m), cos_t - mm)
        logits = s * (hot * shifted + (1 - hot) * cos_t)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(hot, logits))

    def candidate(b):
        cos_theta = cosines(b["face"])
        sin_theta = tf.sqrt(1.0 - tf.square(cos_theta))
        cos_theta_m = cos_theta * math.cos(m) - sin_theta * math.sin(m)
        cond_v = cos_theta - th
        cond_mask = cond_v > 0
        keep_val = cos_theta - mm
        cos_theta_m = tf.where(cond_mask, keep_val, cos_theta_m)
        is_target = tf.equal(tf.range(6)[None, :], b["id"][:, None])
        output = s * tf.where(is_target, cos_theta_m, cos_theta)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(b["id"], output)
        return tf.reduce_mean(losses)

    return {"variables": [feat, kernel], "batch": batch, "reference": reference, "candidate": candidate}
