"""Right: the entropy as softmax cross entropy with softmax(logits) as labels; no softmax is applied twice and the labels carry a gradient.

Source (real): https://github.com/vahidk/EffectiveTensorflow/issues/9
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
    V, D, C = 11, 6, 4
    emb = tf.Variable(rng.normal(0, 0.8, (V, D)).astype("float32"), name="embedding")
    w = tf.Variable(rng.normal(0, 0.8, (D, C)).astype("float32"), name="class_w")
    n, T = 14, 5
    batch = {
        "ids": rng.integers(0, V, (n, T)).astype("int32"),
        "label": rng.integers(0, C, n).astype("int32"),
        "labelled": (np.arange(n) < 7).astype("float32"),
    }
    weight = 0.5

    def classify(ids):
        return tf.reduce_mean(tf.gather(emb, ids), axis=1) @ w

    def reference(b):
        logits = classify(b["ids"])
        p = tf.nn.softmax(logits)
        ent = -tf.reduce_sum(p * tf.math.log(p), axis=1)
        ce = -tf.math.log(tf.reduce_sum(tf.one_hot(b["label"], C) * p, axis=1))
        sup = tf.reduce_sum(b["labelled"] * ce) / tf.reduce_sum(b["labelled"])
        return sup + weight * tf.reduce_mean(ent)

    def entropy(logits):
        probs = tf.nn.softmax(logits)
        return tf.nn.softmax_cross_entropy_with_logits(labels=probs, logits=logits)

    def candidate(b):
        logits = classify(b["ids"])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits)
        supervised = tf.reduce_mean(tf.boolean_mask(ce, b["labelled"] > 0))
        return supervised + weight * tf.reduce_mean(entropy(logits))

    return {"variables": [emb, w], "batch": batch, "reference": reference, "candidate": candidate}
