"""In the positive part of the binary focal loss (1 - p) is multiplied by gamma instead of raised to it.

Source (real): https://github.com/fudannlp16/focal-loss/issues/8
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'pos = -labels * (1.0 - alpha) * ((1.0 - y_pred) * gamma) * tf.math.log(y_pred)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 20, 6, 8
    w1 = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.7, name="w2")
    bias = tf.Variable(np.float32(-0.3), name="bias")
    batch = {
        "x": rng.normal(size=(n, d)).astype("float32"),
        "label": (rng.random(n) < 0.4).astype("float32"),
    }
    alpha, gamma = 0.25, 2.0

    def logits_of(b):
        return tf.linalg.matvec(tf.nn.elu(b["x"] @ w1), w2) + bias

    def reference(b):
        z = logits_of(b)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["label"], logits=z)
        p_t = tf.exp(-ce)
        a_t = b["label"] * (1.0 - alpha) + (1.0 - b["label"]) * alpha
        return tf.reduce_mean(a_t * tf.pow(1.0 - p_t, gamma) * ce)

    def candidate(b):
        labels = b["label"]
        y_pred = tf.sigmoid(logits_of(b))
        pos = -labels * (1.0 - alpha) * ((1.0 - y_pred) * gamma) * tf.math.log(y_pred)
        neg = -(1.0 - labels) * alpha * (y_pred ** gamma) * tf.math.log(1.0 - y_pred)
        return tf.reduce_mean(pos + neg)

    return {"variables": [w1, w2, bias], "batch": batch, "reference": reference, "candidate": candidate}
