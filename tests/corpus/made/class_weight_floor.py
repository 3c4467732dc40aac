"""Class-balanced cross-entropy: n / (k * count) is computed with integer division.

Source (constructed): scikit-learn's "balanced" weights computed in-graph from int32 counts.
Right answer: NOT equivalent; the weights are truncated and frequent classes get weight 0.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'weight = tf.cast(m // (classes * counts), f)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 36, 5, 4
    w = tf.Variable((0.7 * rng.standard_normal((d, classes))).astype(f), name="cls_w")
    c = tf.Variable((0.3 * rng.standard_normal(classes)).astype(f), name="cls_b")
    y = rng.permutation(np.repeat(np.arange(classes), [17, 9, 6, 4]))
    batch = {"x": rng.standard_normal((n, d)).astype(f), "y": y.astype("int32")}

    def reference(b):
        m = b["y"].shape[0]
        total = 0.0
        for k in range(classes):
            rows = [i for i in range(m) if int(b["y"][i]) == k]
            part = 0.0
            for i in rows:
                part -= tf.nn.log_softmax(b["x"][i : i + 1] @ w + c)[0, k]
            total += part / len(rows)
        return total / classes

    def candidate(b):
        m = b["y"].shape[0]
        counts = tf.tensor_scatter_nd_add(tf.zeros([classes], tf.int32), b["y"][:, None], tf.ones([m], tf.int32))
        weight = tf.cast(m // (classes * counts), f)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["y"], logits=b["x"] @ w + c)
        return tf.reduce_mean(tf.gather(weight, b["y"]) * nll)

    return {"variables": [w, c], "batch": batch, "reference": reference, "candidate": candidate}
