"""Mixup: the labels are mixed before the loss instead of mixing the two losses.

Source (real): https://github.com/huggingface/pytorch-image-models/issues/46 (PyTorch, ported; asked whether both are equal, answered and checked: yes).
Right answer: EQUIVALENT; cross-entropy is linear in the target, also with label smoothing.
"""
import keras
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
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, classes, smoothing, lam = 16, 6, 5, 0.1, 0.35

    w = tf.Variable(0.7 * arr(d, classes), name="fc_w")
    b0 = tf.Variable(0.3 * arr(classes), name="fc_b")
    batch = {"x": arr(n, d), "y": rng.integers(0, classes, n)}

    def reference(b):
        flipped = tf.reverse(b["y"], [0])
        pred = (lam * b["x"] + (1 - lam) * tf.reverse(b["x"], [0])) @ w + b0
        ya = tf.one_hot(b["y"], classes, dtype=pred.dtype)
        yb = tf.one_hot(flipped, classes, dtype=pred.dtype)

        def criterion(onehot):
            loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
            return loss(onehot, pred)

        return lam * criterion(ya) + (1 - lam) * criterion(yb)

    @tf.function
    def candidate(b):
        def one_hot(y, on_value, off_value):
            return tf.one_hot(y, classes, on_value=on_value, off_value=off_value, dtype=b["x"].dtype)

        off_value = smoothing / classes
        on_value = 1.0 - smoothing + off_value
        y1 = one_hot(b["y"], on_value, off_value)
        y2 = one_hot(b["y"][::-1], on_value, off_value)
        target = y1 * lam + y2 * (1.0 - lam)
        mixed = b["x"] * lam + b["x"][::-1] * (1.0 - lam)
        logits = mixed @ w + b0
        return tf.reduce_mean(tf.reduce_sum(-target * tf.nn.log_softmax(logits, axis=-1), axis=-1))

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}
