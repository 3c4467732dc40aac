"""ArcFace margin by the addition theorem instead of cos(acos(c) + m).

Source (real): https://github.com/deepinsight/insightface/issues/328 (MXNet, ported; the maintainer: it is the same)
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

    n, d, classes = 16, 6, 4
    emb = tf.Variable(0.6 * arr(d, d), name="backbone")
    weight = tf.Variable(arr(d, classes), name="class_centres")
    batch = {"x": arr(n, d), "gt_label": rng.integers(0, classes, n)}
    s, margin_m = 8.0, 0.4

    def cosine(b):
        return tf.math.l2_normalize(b["x"] @ emb, 1) @ tf.math.l2_normalize(weight, 0)

    def reference(b):
        cos_t = cosine(b)
        losses = []
        for i in range(cos_t.shape[0]):
            y = int(b["gt_label"][i])
            angle = tf.acos(cos_t[i, y])
            logits = [tf.cos(angle + margin_m) if j == y else cos_t[i, j] for j in range(classes)]
            logits = s * tf.stack(logits)
            losses.append(tf.reduce_logsumexp(logits) - logits[y])
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        fc7 = cosine(b)
        cos_t = tf.gather(fc7, b["gt_label"], batch_dims=1)
        sin_t = tf.sqrt(1.0 - cos_t * cos_t)
        new_zy = cos_t * np.cos(margin_m) - sin_t * np.sin(margin_m)
        diff = (new_zy - cos_t)[:, None]
        gt_one_hot = tf.one_hot(b["gt_label"], classes, dtype=f)
        logits = s * (fc7 + gt_one_hot * diff)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["gt_label"], logits=logits)
        return tf.reduce_mean(ce)

    return {"variables": [emb, weight], "batch": batch, "reference": reference, "candidate": candidate}
