"""Focal loss of a detector: the modulator has log1p(exp(-logit)), which overflows for a very confident background anchor.

Source (real): https://github.com/rwightman/efficientdet-pytorch/pull/77 (PyTorch, ported: effdet/loss.py).
Right answer: NOT equivalent; the value is right (the anchor adds zero), the gradient is NaN.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "log_term = tf.math.log1p(tf.exp(neg_logits))",
    "same_forward_value": True,
}

_ALPHA, _GAMMA = 0.25, 1.5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, classes = 20, 5, 3
    w = 0.3 * rng.standard_normal((d, classes))
    w[0] = -1.0 + 0.05 * rng.standard_normal(classes)
    kernel = tf.Variable(w.astype(f), name="class_net")
    bias = tf.Variable(0.2 * rng.standard_normal(classes).astype(f), name="class_bias")
    x = rng.standard_normal((n, d))
    x[3, 0] = 1000.0
    label = rng.integers(-1, classes, n)
    label[3] = -1
    onehot = (label[:, None] == np.arange(classes)[None]).astype(f)
    batch = {"feature": x.astype(f), "target": onehot}

    def reference(b):
        logits = b["feature"] @ kernel + bias
        total = 0.0
        for k in range(classes):
            z, y = logits[:, k], b["target"][:, k]
            wrong = tf.sigmoid(tf.where(y == 1.0, -z, z))
            nll = tf.nn.softplus(tf.where(y == 1.0, -z, z))
            balance = y * _ALPHA + (1.0 - y) * (1.0 - _ALPHA)
            total += tf.reduce_sum(balance * tf.pow(wrong, _GAMMA) * nll)
        return total / (tf.reduce_sum(b["target"]) + 1.0)

    def candidate(b):
        def focal_loss(logits, targets, alpha, gamma, normalizer):
            positive_label_mask = tf.equal(targets, 1.0)
            cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
            neg_logits = -1.0 * logits
            log_term = tf.math.log1p(tf.exp(neg_logits))
            modulator = tf.exp(gamma * targets * neg_logits - gamma * log_term)
            loss = modulator * cross_entropy
            weighted_loss = tf.where(positive_label_mask, alpha * loss, (1.0 - alpha) * loss)
            return weighted_loss / normalizer

        num_positives_sum = tf.reduce_sum(b["target"]) + 1.0
        cls_outputs = b["feature"] @ kernel + bias
        return tf.reduce_sum(focal_loss(cls_outputs, b["target"], _ALPHA, _GAMMA, num_positives_sum))

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
