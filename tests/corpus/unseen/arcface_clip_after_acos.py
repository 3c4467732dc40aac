"""The angle is clipped to [-1, 1] after acos, where the cosine should have been clipped before it.

Source (real): https://github.com/jonasgrebe/pt-femb-face-embeddings/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'theta = tf.clip_by_value(tf.acos(logits), -1.0, 1.0)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, classes = 16, 8, 4, 5
    body = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="backbone")
    centres = tf.Variable(rng.normal(size=(h, classes)).astype("float32"), name="class_centres")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "label": rng.integers(0, classes, n).astype("int32"),
    }
    s, m = 8.0, 0.3

    def cosine(b):
        e = tf.math.l2_normalize(b["x"] @ body, axis=1)
        return e @ tf.math.l2_normalize(centres, axis=0)

    def cross_entropy(logits, label):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))

    def reference(b):
        cos = tf.clip_by_value(cosine(b), -1.0 + 1e-6, 1.0 - 1e-6)
        one_hot = tf.one_hot(b["label"], classes)
        angle = tf.acos(cos)
        return cross_entropy(s * tf.cos(angle + m * one_hot), b["label"])

    def candidate(b):
        logits = cosine(b)
        theta = tf.clip_by_value(tf.acos(logits), -1.0, 1.0)
        target_logits = tf.cos(theta + m)
        one_hot = tf.one_hot(b["label"], classes)
        output = logits * (1.0 - one_hot) + target_logits * one_hot
        return cross_entropy(s * output, b["label"])

    return {"variables": [body, centres], "batch": batch, "reference": reference, "candidate": candidate}
