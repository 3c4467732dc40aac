"""Ordinal regression (CONDOR): the loss is left as one number per sample and never reduced.

Source (real): https://github.com/GarrettJenkinson/condor_tensorflow/issues/3
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "loss_shape",
    "line_marker": 'return tf.reduce_sum(task_loss, axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, k = 15, 6, 5
    body = tf.keras.layers.Dense(9, activation="tanh", name="body")
    ranks = tf.keras.layers.Dense(k - 1, name="ranks")
    body.build((None, d)), ranks.build((None, 9))
    for v in body.trainable_variables + ranks.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))
    importance = tf.constant(np.linspace(1.0, 0.5, k - 1), tf.float32)
    batch = {"x": rng.normal(size=(n, d)).astype(np.float32), "rank": rng.integers(0, k, n).astype(np.int32)}

    def levels(rank):
        return tf.cast(rank[:, None] > tf.range(k - 1)[None], tf.float32)

    def reference(b):
        logits = ranks(body(b["x"]))
        loss = 0.0
        for j in range(k - 1):
            hit = tf.cast(b["rank"] > j, tf.float32)
            reached = tf.cast(b["rank"] >= j, tf.float32)
            ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=hit, logits=logits[:, j])
            loss += importance[j] * tf.reduce_sum(reached * ce)
        return loss / n

    def candidate(b):
        logits = ranks(body(b["x"]))
        lev = levels(b["rank"])
        pi_labels = tf.concat([tf.ones([n, 1]), lev[:, :-1]], axis=1)
        positive = tf.math.log_sigmoid(logits) * lev
        negative = (tf.math.log_sigmoid(logits) - logits) * (1.0 - lev)
        task_loss = -importance * (positive + negative) * pi_labels
        return tf.reduce_sum(task_loss, axis=1)

    return {"variables": body.trainable_variables + ranks.trainable_variables, "batch": batch,
            "reference": reference, "candidate": candidate}
