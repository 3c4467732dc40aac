"""Distillation: the KL terms of single classes have both signs and seem to cancel each other.

Source (real): https://github.com/wentianli/knowledge_distillation_caffe/issues/5 (Caffe, ported; the maintainer: the sum is the KL divergence)
Right answer: EQUIVALENT.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, classes = 20, 6, 5
    w = tf.Variable(0.5 * arr(d, classes), name="student")
    teacher = tf.constant(0.8 * arr(d, classes))
    batch = {"x": arr(n, d)}
    t = 4.0

    def reference(b):
        soft = tf.nn.softmax(b["x"] @ teacher / t)
        cross = tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=b["x"] @ w / t)
        own = tf.nn.softmax_cross_entropy_with_logits(labels=soft, logits=b["x"] @ teacher / t)
        return t**2 * tf.reduce_mean(cross - own)

    def candidate(b):
        prob_data = tf.nn.softmax(b["x"] @ w / t)
        soft_label = tf.nn.softmax(b["x"] @ teacher / t)
        loss = 0.0
        for i in range(b["x"].shape[0]):
            for c in range(classes):
                ratio = tf.math.log(prob_data[i, c]) - tf.math.log(soft_label[i, c])
                loss -= soft_label[i, c] * ratio
        return loss * t * t / b["x"].shape[0]

    return {"variables": [w], "batch": batch, "reference": reference, "candidate": candidate}
