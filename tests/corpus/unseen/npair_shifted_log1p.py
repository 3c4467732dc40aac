"""N-pair loss made "stable": a + log(1 + sum exp(x - a)) is not log(1 + sum exp(x)); the 1 must become exp(-a).

Source (real): https://github.com/leeesangwon/PyTorch-Image-Retrieval/pull/16 (PyTorch, ported; turned down for that reason).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "x = a[:, 0] + tf.math.log(1 + tf.reduce_sum(tf.exp(x - a), axis=1))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, dim = 16, 7, 4
    l2_reg = 0.02

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    backbone = tf.Variable(0.5 * arr(d, dim), name="backbone")
    scale = tf.Variable(np.ones(dim, f) + 0.1 * arr(dim), name="scale")
    pos = arr(n, d)
    batch = {"anchor_img": (pos + 0.5 * arr(n, d)).astype(f), "positive_img": pos}

    def embed(x):
        return tf.tanh(x @ backbone) * scale

    def reference(b):
        anchors, positives = embed(b["anchor_img"]), embed(b["positive_img"])
        m = anchors.shape[0]
        loss = 0.0
        for i in range(m):
            inner = 1.0
            for j in range(m):
                if j != i:
                    inner += tf.exp(tf.reduce_sum(anchors[i] * positives[j]) - tf.reduce_sum(anchors[i] * positives[i]))
            loss += tf.math.log(inner)
        return (loss + l2_reg * (tf.reduce_sum(anchors ** 2) + tf.reduce_sum(positives ** 2))) / m

    def candidate(b):
        def n_pair_loss(anchors, positives, negatives):
            anchors = tf.expand_dims(anchors, axis=1)
            positives = tf.expand_dims(positives, axis=1)
            x = tf.matmul(anchors, negatives - positives, transpose_b=True)[:, 0]
            a = tf.stop_gradient(tf.reduce_max(x, axis=1, keepdims=True))
            x = a[:, 0] + tf.math.log(1 + tf.reduce_sum(tf.exp(x - a), axis=1))
            return tf.reduce_mean(x)

        anchors, positives = embed(b["anchor_img"]), embed(b["positive_img"])
        size = anchors.shape[0]
        others = np.array([[j for j in range(size) if j != i] for i in range(size)])
        negatives = tf.gather(positives, others)
        l2_loss = (tf.reduce_sum(anchors ** 2) + tf.reduce_sum(positives ** 2)) / size
        return n_pair_loss(anchors, positives, negatives) + l2_reg * l2_loss

    return {"variables": [backbone, scale], "batch": batch, "reference": reference, "candidate": candidate}
