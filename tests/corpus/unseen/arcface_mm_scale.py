"""ArcFace: the fallback margin mm is multiplied by s already, and then by s once more with the kept logit.
Source: https://github.com/auroua/InsightFace_TF/issues/1"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "mm = sin_m * m * s",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, n_cls = 6, 5, 4
    s, m = 2.0, 0.5
    w = tf.Variable(rng.normal(size=(d, n_cls)).astype(fx), name="kernel")
    proj = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="proj")
    x = rng.normal(size=(b, d)).astype(fx)
    y = rng.integers(0, n_cls, size=b)
    e = x @ proj.numpy()
    cosv = (e / np.linalg.norm(e, axis=1, keepdims=True)) @ (w.numpy() / np.linalg.norm(w.numpy(), axis=0))
    y[:3] = cosv[:3].argmin(1)
    fallback = -0.5 if (cosv[np.arange(b), y] < -0.5).any() else float(np.sort(cosv[np.arange(b), y])[1])

    def reference(batch):
        emb = tf.math.l2_normalize(tf.matmul(batch["x"], proj), axis=1)
        ker = tf.math.l2_normalize(w, axis=0)
        losses = []
        for i in range(b):
            cos = tf.linalg.matvec(ker, emb[i], transpose_a=True)
            lab = int(batch["y"][i])
            c = cos[lab]
            if float(c) > fallback:
                t = c * math.cos(m) - tf.sqrt(1.0 - c * c) * math.sin(m)
            else:
                t = c - math.sin(m) * m
            logits = tf.tensor_scatter_nd_update(s * cos, [[lab]], [s * t])
            losses.append(tf.reduce_logsumexp(logits) - logits[lab])
        return tf.add_n(losses) / b

    def candidate(batch):
        cos_m, sin_m = math.cos(m), math.sin(m)
        threshold = fallback
        mm = sin_m * m * s
        embedding = tf.math.l2_normalize(tf.matmul(batch["x"], proj), axis=1)
        weights = tf.math.l2_normalize(w, axis=0)
        cos_t = tf.matmul(embedding, weights)
        sin_t = tf.sqrt(1.0 - tf.square(cos_t))
        cos_mt = s * (cos_t * cos_m - sin_t * sin_m)
        keep_val = s * (cos_t - mm)
        cos_mt_temp = tf.where(cos_t > threshold, cos_mt, keep_val)
        mask = tf.one_hot(batch["y"], n_cls, dtype=cos_t.dtype)
        output = s * cos_t * (1.0 - mask) + cos_mt_temp * mask
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=mask, logits=output))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y.astype("int32")},
            "variables": [w, proj]}
