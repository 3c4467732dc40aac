"""The margin output is computed but the cross entropy is taken of the unscaled cosine without margin.

Source (real): https://github.com/MccreeZhao/FR-Loss-on-Mnist/issues/2
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=cosine)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, p, d, K = 12, 6, 4, 5
    s, margin = 6.0, 0.4
    w_enc, w_cls = var("w_enc", p, d), var("w_cls", d, K)
    batch = {"x": arr(n, p), "label": rng.integers(0, K, size=(n,))}
    th, mm = float(np.cos(np.pi - margin)), float(np.sin(np.pi - margin) * margin)

    def cosine_of(b):
        feat = tf.nn.l2_normalize(tf.tanh(b["x"] @ w_enc), axis=1)
        return feat @ tf.nn.l2_normalize(w_cls, axis=0)

    def reference(b):
        cosine = cosine_of(b)
        target = tf.gather(cosine, b["label"], batch_dims=1)
        theta = tf.acos(tf.clip_by_value(target, -1 + 1e-6, 1 - 1e-6))
        shifted = tf.where(target > th, tf.cos(theta + margin), target - mm)
        one = tf.one_hot(b["label"], K)
        logits = s * (cosine + one * (shifted - target)[:, None])
        return -tf.reduce_mean(tf.reduce_sum(one * tf.nn.log_softmax(logits), axis=1))

    def candidate(b):
        cosine = cosine_of(b)
        sine = tf.sqrt(tf.clip_by_value(1.0 - tf.square(cosine), 1e-9, 1.0))
        phi = cosine * np.cos(margin) - sine * np.sin(margin)
        phi = tf.where(cosine > th, phi, cosine - mm)
        one_hot = tf.one_hot(b["label"], K)
        output = (one_hot * phi + (1.0 - one_hot) * cosine) * s
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=cosine)
        return tf.reduce_mean(ce)

    return {"variables": [w_enc, w_cls], "batch": batch, "reference": reference, "candidate": candidate}
