"""Capsule network tutorial: the margin loss takes relu(0.9 - |v|) and relu(|v| - 0.1) without the squares of the paper.
Source: https://github.com/higgsfield/Capsule-Network-Tutorial/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "left, right = (tf.reshape(tf.nn.relu(t), [batch_size, -1]) for t in (0.9 - v_c, v_c - 0.1))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, classes, caps = 12, 6, 5, 4
    w = tf.Variable(rng.normal(size=(classes, d, caps)).astype(f) * 0.5, name="digit_caps")
    x = rng.normal(size=(n, d)).astype(f)
    labels = np.eye(classes)[rng.integers(0, classes, n)].astype(f)

    def reference(batch):
        s = tf.einsum("bd,cdk->bck", batch["x"], w)
        sq = tf.reduce_sum(s ** 2, axis=-1)
        length = sq / (1 + sq)
        present = tf.square(tf.maximum(0.9 - length, 0.0))
        absent = tf.square(tf.maximum(length - 0.1, 0.0))
        t = batch["labels"]
        return tf.reduce_mean(tf.reduce_sum(t * present + 0.5 * (1 - t) * absent, axis=1))

    def candidate(batch):
        def squash(u):
            squared_norm = tf.reduce_sum(u ** 2, axis=-1, keepdims=True)
            return squared_norm * u / ((1. + squared_norm) * tf.sqrt(squared_norm))

        def margin_loss(v, labels):
            batch_size = v.shape[0]
            v_c = tf.sqrt(tf.reduce_sum(v ** 2, axis=2, keepdims=True))
            left, right = (tf.reshape(tf.nn.relu(t), [batch_size, -1]) for t in (0.9 - v_c, v_c - 0.1))
            loss = labels * left + 0.5 * (1.0 - labels) * right
            return tf.reduce_mean(tf.reduce_sum(loss, axis=1))

        capsules = tf.stack([tf.matmul(batch["x"], w[c]) for c in range(classes)], axis=1)
        return margin_loss(squash(capsules), batch["labels"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "labels": labels}, "variables": [w]}
