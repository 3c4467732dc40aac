"""Right: the focal loss without a minus sign, since the binary cross entropy it weighs is already positive.

Source (real): https://github.com/pytorch/vision/issues/8519
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    head = tf.keras.Sequential([
        tf.keras.layers.Dense(10, activation="elu", name="tower"),
        tf.keras.layers.Dense(3, name="cls_logits"),
    ])
    head.build((None, 6))
    for v in head.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))
    n = 18
    label = rng.integers(-1, 3, n)
    batch = {
        "anchor": rng.normal(size=(n, 6)).astype("float32"),
        "label": label.astype("int32"),
    }
    alpha, gamma = 0.25, 2.0

    def reference(b):
        p = tf.sigmoid(head(b["anchor"]))
        total, foreground = 0.0, 0.0
        for i in range(n):
            hot = tf.one_hot(b["label"][i], 3)
            pos = alpha * (1 - p[i]) ** gamma * tf.math.log(p[i])
            neg = (1 - alpha) * p[i] ** gamma * tf.math.log(1 - p[i])
            total -= tf.reduce_sum(hot * pos + (1 - hot) * neg)
            foreground += tf.cast(b["label"][i] >= 0, tf.float32)
        return total / tf.maximum(foreground, 1.0)

    def sigmoid_focal_loss(inputs, targets):
        p = tf.sigmoid(inputs)
        ce_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=inputs)
        p_t = p * targets + (1 - p) * (1 - targets)
        loss = ce_loss * ((1 - p_t) ** gamma)
        alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
        return alpha_t * loss

    def candidate(b):
        logits = head(b["anchor"])
        targets = tf.one_hot(b["label"], 3)
        num_foreground = tf.reduce_sum(tf.cast(b["label"] >= 0, tf.float32))
        return tf.reduce_sum(sigmoid_focal_loss(logits, targets)) / tf.maximum(1.0, num_foreground)

    return {"variables": head.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
