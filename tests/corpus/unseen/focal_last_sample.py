"""Segmentation focal loss: only the last sample of the batch enters, because the first axis was taken for the channel.

Source (real): https://github.com/DIAGNijmegen/picai_baseline/issues/24 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "inputs, targets = inputs[-1], targets[-1]",
    "same_forward_value": False,
}

_ALPHA = 0.75


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, vox, d = 13, 9, 4
    w = tf.Variable(0.9 * arr(d), name="kernel")
    bias = tf.Variable(np.asarray(-0.4, f), name="bias")
    batch = {"img": arr(n, vox, d), "seg": (rng.random((n, vox)) < 0.3).astype(f)}

    def reference(b):
        total = 0.0
        for i in range(b["img"].shape[0]):
            p = tf.sigmoid(tf.linalg.matvec(b["img"][i], w) + bias)
            y = b["seg"][i]
            pos = -_ALPHA * (1.0 - p) ** 2 * tf.math.log(p) * y
            neg = -(1.0 - _ALPHA) * p**2 * tf.math.log(1.0 - p) * (1.0 - y)
            total += tf.reduce_mean(pos + neg)
        return total / b["img"].shape[0]

    def candidate(b):
        inputs = tf.linalg.matvec(b["img"], w) + bias
        targets = b["seg"]
        inputs, targets = inputs[-1], targets[-1]
        ce_loss = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=inputs)
        prob = tf.sigmoid(inputs)
        p_t = prob * targets + (1.0 - prob) * (1.0 - targets)
        loss = ce_loss * (1.0 - p_t) ** 2
        alpha_t = _ALPHA * targets + (1.0 - _ALPHA) * (1.0 - targets)
        return tf.reduce_mean(alpha_t * loss)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
