"""ArcFace for metric learning: the change of the target logit is added to every class of the row, not to the target only.
Source: https://github.com/Confusezius/Revisiting_Deep_Metric_Learning_PyTorch/issues/13"""
import math
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "class_pred = scale * (cos_similarity + (marginal_target_logit - original_target_logit)[:, None])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, k = 6, 5, 4
    scale, margin = 4.0, 0.5
    proxies = tf.Variable(rng.normal(size=(k, d)).astype(fx), name="class_map")
    w = tf.Variable(rng.normal(size=(d, d)).astype(fx), name="embed")

    def reference(batch):
        z = tf.math.l2_normalize(tf.matmul(batch["x"], w), axis=1)
        p = tf.math.l2_normalize(proxies, axis=1)
        cos = tf.matmul(z, p, transpose_b=True)
        onehot = tf.one_hot(batch["labels"], k, dtype=cos.dtype)
        safe = tf.clip_by_value(cos, -1.0 + 1e-6, 1.0 - 1e-6)
        with_margin = tf.cos(tf.acos(safe) + margin)
        logits = scale * tf.where(onehot > 0, with_margin, cos)
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=onehot, logits=logits))

    def candidate(batch):
        class_map = tf.math.l2_normalize(proxies, axis=1)
        feats = tf.math.l2_normalize(tf.matmul(batch["x"], w), axis=1)
        cos_similarity = tf.matmul(feats, class_map, transpose_b=True)
        pick = tf.stack([tf.range(b), batch["labels"]], axis=1)
        original_target_logit = tf.gather_nd(cos_similarity, pick)
        theta = tf.acos(tf.clip_by_value(original_target_logit, -1.0 + 1e-6, 1.0 - 1e-6))
        marginal_target_logit = tf.cos(theta + margin)
        class_pred = scale * (cos_similarity + (marginal_target_logit - original_target_logit)[:, None])
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=class_pred)
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(b, d)).astype(fx), "labels": rng.integers(0, k, size=b).astype("int32")},
            "variables": [proxies, w]}
