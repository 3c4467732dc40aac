"""Label smoothing for binary targets: (target + eps) / 2 maps the targets to eps/2 and (1 + eps)/2.

Source (real): https://github.com/eladhoffer/utils.pytorch/issues/13 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "target = (target + smooth_eps) / 2.0",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, labels = 21, 5, 3
    w = tf.Variable(0.6 * arr(d, labels), name="classifier")
    bias = tf.Variable(0.3 * arr(labels), name="classifier_bias")
    batch = {"x": arr(n, d), "target": rng.integers(0, 2, (n, labels))}
    smooth_eps = 0.1

    def reference(b):
        y = tf.cast(b["target"], f)
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smooth_eps)
        return loss(y, b["x"] @ w + bias)

    def candidate(b):
        logits = b["x"] @ w + bias
        target = b["target"]
        if smooth_eps > 0:
            target = tf.cast(target, f)
            target = (target + smooth_eps) / 2.0
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
        return tf.reduce_mean(bce)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
