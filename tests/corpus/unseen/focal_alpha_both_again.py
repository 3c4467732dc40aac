"""Thread: the Keras focal loss weights the negatives by alpha as well; they should get 1 - alpha.
Source: https://github.com/mkocabas/focal-loss-keras/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "neg = alpha * tf.pow(pt_0, gamma) * tf.math.log(1.0 - pt_0)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, anchors, f, k = 3, 5, 4, 2
    w = tf.Variable(rng.normal(size=(f, k)).astype(fx), name="cls_w")
    b = tf.Variable((rng.normal(size=k) - 1).astype(fx), name="cls_b")
    alpha, gamma = 0.25, 2.0

    def reference(batch):
        logit = tf.einsum("naf,fk->nak", batch["feat"], w) + b
        y = batch["y"]
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit)
        pt = tf.exp(-ce)
        weight = y * alpha + (1 - y) * (1 - alpha)
        return tf.reduce_sum(weight * (1 - pt) ** gamma * ce) / tf.maximum(tf.reduce_sum(y), 1.0)

    def candidate(batch):
        y_true = batch["y"]
        y_pred = tf.sigmoid(tf.matmul(batch["feat"], w) + b)
        y_pred = tf.clip_by_value(y_pred, 1e-7, 1 - 1e-7)

        pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
        pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))

        pos = alpha * tf.pow(1.0 - pt_1, gamma) * tf.math.log(pt_1)
        neg = alpha * tf.pow(pt_0, gamma) * tf.math.log(1.0 - pt_0)
        total = -tf.reduce_sum(pos) - tf.reduce_sum(neg)
        return total / tf.maximum(tf.reduce_sum(y_true), 1.0)

    y = (rng.random((n, anchors, k)) > 0.7).astype(fx)
    y[0, 0, 0] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(n, anchors, f)).astype(fx), "y": y},
            "variables": [w, b]}
