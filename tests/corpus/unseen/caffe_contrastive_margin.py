"""Contrastive loss: dissimilar pairs are charged max(0, margin - d^2) where the paper has max(0, margin - d)^2.

Source (real): https://github.com/BVLC/caffe/issues/2308 (Caffe, ported; kept later as "legacy_version").
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "dissimilar = (1.0 - sim) * tf.maximum(margin - dist_sq, 0.0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, feat = 30, 6, 2
    margin = 1.5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    ip1 = tf.Variable(0.4 * arr(d, 5), name="ip1")
    feat_w = tf.Variable(0.5 * arr(5, feat), name="feat")
    batch = {"data": arr(n, d), "data_p": arr(n, d), "sim": rng.integers(0, 2, n)}

    def siamese(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, ip1)), feat_w)

    def reference(b):
        pairs = b["data"].shape[0]
        loss = 0.0
        for i in range(pairs):
            g1, g2 = siamese(b["data"][i:i + 1]), siamese(b["data_p"][i:i + 1])
            distance = tf.sqrt(tf.reduce_sum(tf.square(g1 - g2)) + 1e-12)
            if int(b["sim"][i]) == 1:
                loss += 0.5 * distance ** 2
            elif float(distance) < margin:
                loss += 0.5 * (margin - distance) ** 2
        return loss / pairs

    @tf.function
    def candidate(b):
        sim = tf.cast(b["sim"], f)
        diff = siamese(b["data"]) - siamese(b["data_p"])
        dist_sq = tf.reduce_sum(diff * diff, axis=1)
        similar = sim * dist_sq
        dissimilar = (1.0 - sim) * tf.maximum(margin - dist_sq, 0.0)
        num = tf.cast(tf.shape(dist_sq)[0], f)
        return tf.reduce_sum(similar + dissimilar) / num / 2.0

    return {"variables": [ip1, feat_w], "batch": batch, "reference": reference, "candidate": candidate}
