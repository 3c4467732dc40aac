"""Triplet margin loss averaged over the non-zero triplets only, next to a classifier; the loss becomes nan during training.
Source: https://github.com/KevinMusgrave/pytorch-metric-learning/issues/107"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'numerics',
    "line_marker": 'metric = tf.reduce_sum(violation) / num_non_zero',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    classes, per, d = 3, 2, 3
    n = classes * per
    y = np.repeat(np.arange(classes), per)
    x = 4.0 * np.eye(d)[y] + 0.05 * rng.normal(size=(n, d))
    w = tf.Variable((np.eye(d) + 0.05 * rng.normal(size=(d, d))).astype(fx), name="embed")
    head = tf.Variable(rng.normal(0, 0.5, (d, classes)).astype(fx), name="head")
    margin = 0.1
    trip = np.array([(a, p, q) for a in range(n) for p in range(n) for q in range(n)
                     if a != p and y[a] == y[p] and y[a] != y[q]])

    def reference(batch):
        z = tf.math.l2_normalize(batch["x"] @ w, axis=1)
        a, p, q = (tf.gather(z, trip[:, i]) for i in range(3))
        hinge = tf.maximum(tf.reduce_sum((a - p) ** 2, 1) - tf.reduce_sum((a - q) ** 2, 1) + margin, 0.0)
        active = tf.reduce_sum(tf.cast(hinge > 0, hinge.dtype))
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], z @ head)
        return tf.reduce_mean(ce) + tf.reduce_sum(hinge) / tf.maximum(active, 1.0)

    def candidate(batch):
        emb = tf.math.l2_normalize(tf.matmul(batch["x"], w), axis=-1)
        mat = tf.reduce_sum(tf.math.squared_difference(emb[:, None], emb[None]), axis=-1)
        same = batch["y"][:, None] == batch["y"][None]
        positives = tf.logical_and(same, tf.logical_not(tf.eye(n, dtype=tf.bool)))
        valid = tf.logical_and(positives[:, :, None], tf.logical_not(same)[:, None, :])
        violation = tf.nn.relu(mat[:, :, None] - mat[:, None, :] + margin)
        violation = violation * tf.cast(valid, violation.dtype)
        num_non_zero = tf.reduce_sum(tf.cast(violation > 0, violation.dtype))
        metric = tf.reduce_sum(violation) / num_non_zero
        logits = tf.matmul(emb, head)
        return metric + tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x.astype(fx), "y": y.astype("int32")}, "variables": [w, head]}
