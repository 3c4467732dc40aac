"""Focal loss for face recognition with a cosine head: where in the computation the samples are averaged.
Source: https://github.com/ZhaoJ9014/face.evoLVe/issues/180"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'reduction',
    "line_marker": 'logp = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["label"], output)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, classes, scale, gamma = 6, 4, 5, 6.0, 2.0
    backbone = tf.Variable(rng.normal(0, 0.6, (6, d)).astype(fx), name="backbone")
    centers = tf.Variable(rng.normal(0, 0.6, (d, classes)).astype(fx), name="centers")

    def reference(batch):
        feat = tf.math.l2_normalize(tf.nn.elu(batch["x"] @ backbone), axis=1)
        cos = feat @ tf.math.l2_normalize(centers, axis=0)
        p = tf.nn.softmax(scale * cos, axis=1)
        p_true = tf.reduce_sum(p * tf.one_hot(batch["label"], classes, dtype=p.dtype), axis=1)
        return tf.reduce_mean(-((1.0 - p_true) ** gamma) * tf.math.log(p_true))

    def candidate(batch):
        features = tf.nn.elu(tf.matmul(batch["x"], backbone))
        features = features / tf.norm(features, axis=1, keepdims=True)
        kernel = centers / tf.norm(centers, axis=0, keepdims=True)
        output = scale * tf.matmul(features, kernel)
        logp = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(batch["label"], output)
        p = tf.exp(-logp)
        loss = (1.0 - p) ** gamma * logp
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, 6)).astype(fx), "label": rng.integers(0, classes, n).astype("int32")},
            "variables": [backbone, centers]}
