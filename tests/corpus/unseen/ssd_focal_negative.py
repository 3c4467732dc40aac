"""SSD_Pytorch sigmoid focal loss: the negative term is modulated with (1-P)^gamma instead of P^gamma.
Source: https://github.com/yqyao/SSD_Pytorch/issues/32"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "loss_neg = -tf.pow(1.0 - P, gamma) * tf.math.log(1.0 - P) * (1.0 - targets) * (1.0 - alpha_mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, d, c = 8, 4, 3
    W = tf.Variable(rng.normal(0, 0.8, (d, c)).astype(fx), name="W")
    b = tf.Variable(rng.normal(-0.5, 0.3, (c,)).astype(fx), name="b")
    label = np.array([0, 1, 3, 0, 2, -1, 0, 1], "int32")

    def reference(batch):
        alpha, gamma = 0.25, 2.0
        keep = batch["label"] >= 0
        logit = tf.boolean_mask(tf.matmul(batch["anchor_feat"], W) + b, keep)
        lab = tf.boolean_mask(batch["label"], keep)
        y = tf.one_hot(lab - 1, c, dtype=fx)
        ce = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logit)
        p = tf.sigmoid(logit)
        pt = tf.where(y > 0.5, p, 1.0 - p)
        at = tf.where(y > 0.5, tf.fill(tf.shape(y), tf.cast(alpha, fx)), tf.cast(1 - alpha, fx))
        npos = tf.reduce_sum(tf.cast(lab > 0, fx))
        return tf.reduce_sum(at * (1.0 - pt) ** gamma * ce) / npos

    def candidate(batch):
        alpha, gamma = 0.25, 2.0
        logits = tf.matmul(batch["anchor_feat"], W) + b
        valid = tf.cast(batch["label"] >= 0, fx)[:, None]
        targets = tf.one_hot(batch["label"] - 1, c, dtype=fx)
        P = tf.sigmoid(logits)
        alpha_mask = tf.ones_like(P) * alpha
        loss_pos = -tf.pow(1.0 - P, gamma) * tf.math.log(P) * targets * alpha_mask
        loss_neg = -tf.pow(1.0 - P, gamma) * tf.math.log(1.0 - P) * (1.0 - targets) * (1.0 - alpha_mask)
        num_pos = tf.reduce_sum(tf.cast(batch["label"] > 0, fx))
        return tf.reduce_sum((loss_pos + loss_neg) * valid) / num_pos

    return {"reference": reference, "candidate": candidate,
            "batch": {"anchor_feat": rng.normal(size=(n, d)).astype(fx), "label": label},
            "variables": [W, b]}
