"""ArcFace head: the class weights (d, classes) are normalised along axis 1, not per class.

Source (real): the question of https://github.com/ronghuaiyang/arcface-pytorch/issues/1 and issues/30 (which dim to
normalise; there the layout was (classes, d)); layout (d, classes) as in deepinsight/insightface issue 2103.
Right answer: NOT equivalent; the "cosines" are not cosines of the class centres.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "normed_w = tf.nn.l2_normalize(centers, axis=1)",
    "same_forward_value": False,
}

MARGIN, SCALE = 0.3, 8.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, e, classes = 22, 7, 6, 5
    backbone = tf.Variable((0.5 * rng.standard_normal((d, e))).astype(f), name="backbone")
    centers = tf.Variable((rng.standard_normal((e, classes)) * rng.uniform(0.5, 2, classes)).astype(f), name="centers")
    batch = {"x": rng.standard_normal((n, d)).astype(f), "label": rng.integers(0, classes, n)}

    def reference(b):
        m = b["label"].shape[0]
        total = 0.0
        for i in range(m):
            v = tf.linalg.matvec(backbone, b["x"][i], transpose_a=True)
            logits = []
            for c in range(classes):
                wc = centers[:, c]
                cos = tf.tensordot(v, wc, 1) / (tf.norm(v) * tf.norm(wc))
                if c == int(b["label"][i]):
                    cos = tf.cos(tf.acos(cos) + MARGIN)
                logits.append(SCALE * cos)
            total -= tf.nn.log_softmax(tf.stack(logits))[b["label"][i]]
        return total / m

    def candidate(b):
        embds = tf.matmul(b["x"], backbone)
        normed_x = tf.nn.l2_normalize(embds, axis=1)
        normed_w = tf.nn.l2_normalize(centers, axis=1)
        cos_t = tf.clip_by_value(normed_x @ normed_w, -0.9999, 0.9999)
        sin_t = tf.sqrt(1.0 - cos_t**2)
        cos_mt = cos_t * np.cos(MARGIN) - sin_t * np.sin(MARGIN)
        hot = tf.one_hot(b["label"], classes, on_value=True, off_value=False, dtype=tf.bool)
        logits = SCALE * tf.where(hot, cos_mt, cos_t)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=b["label"],
                logits=logits,
            )
        )

    return {"variables": [backbone, centers], "batch": batch, "reference": reference, "candidate": candidate}
