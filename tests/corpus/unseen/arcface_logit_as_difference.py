"""ArcFace: the target logit is written as fc7 + one_hot * (new_zy - zy); "this is so different from the equation".

Source (real): https://github.com/deepinsight/insightface/issues/913 (MXNet, recognition/train.py, ported).
Right answer: EQUIVALENT: at the target s cos(theta) cancels, so that only s (cos(m1 theta + m2) - m3) is left.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

S, M1, M2, M3 = 8.0, 1.1, 0.3, 0.1


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, emb, classes = 22, 5, 7, 4

    backbone = tf.Variable((0.7 * rng.standard_normal((d, emb))).astype(f), name="backbone")
    weight = tf.Variable(rng.standard_normal((classes, emb)).astype(f), name="fc7_weight")
    batch = {"data": rng.standard_normal((n, d)).astype(f), "label": rng.integers(0, classes, n)}

    def reference(b):
        x = tf.tanh(b["data"] @ backbone)
        loss = 0.0
        for i in range(b["data"].shape[0]):
            numerator, denominator = None, 0.0
            for j in range(classes):
                cosine = tf.reduce_sum(x[i] * weight[j]) / (tf.norm(x[i]) * tf.norm(weight[j]))
                if j == int(b["label"][i]):
                    theta = tf.acos(cosine)
                    numerator = tf.exp(S * (tf.cos(M1 * theta + M2) - M3))
                    denominator += numerator
                else:
                    denominator += tf.exp(S * cosine)
            loss -= tf.math.log(numerator / denominator)
        return loss / b["data"].shape[0]

    def candidate(b):
        embedding = tf.nn.tanh(tf.matmul(b["data"], backbone))
        gt_label = b["label"]
        _weight = tf.math.l2_normalize(weight, axis=1)
        nembedding = tf.math.l2_normalize(embedding, axis=1) * S
        fc7 = tf.matmul(nembedding, _weight, transpose_b=True)
        zy = tf.gather(fc7, gt_label, axis=1, batch_dims=1)
        cos_t = zy / S
        t = tf.acos(cos_t)
        t = t * M1
        t = t + M2
        body = tf.cos(t)
        body = body - M3
        new_zy = body * S
        diff = new_zy - zy
        diff = tf.expand_dims(diff, 1)
        gt_one_hot = tf.one_hot(gt_label, depth=classes, on_value=1.0, off_value=0.0, dtype=fc7.dtype)
        body = tf.multiply(gt_one_hot, diff)
        fc7 = fc7 + body
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=gt_label, logits=fc7))

    return {"variables": [backbone, weight], "batch": batch, "reference": reference, "candidate": candidate}
