"""Soft Dice over softmax maps with einsum, sum / (n * classes) and an epsilon in both parts.

Origin: realistic (the many one-line Dice losses for Keras segmentation models). Looks like batch Dice at first sight.
Right answer: EQUIVALENT to the mean over images and classes of 1 - Dice; the epsilon is below rounding.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

EPS = 1e-7


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch, classes = 17, 5, 6, 2, 3
    seg = keras.layers.Conv2D(classes, 3, padding="same", name="seg", dtype=f)
    seg.build((None, h, w, ch))
    seg.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in seg.get_weights()])
    batch = {"image": rng.standard_normal((n, h, w, ch)).astype(f), "label": rng.integers(0, classes, (n, h, w))}

    def reference(b):
        m = b["label"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.nn.softmax(seg(b["image"][i : i + 1])[0])
            for c in range(classes):
                y = tf.cast(b["label"][i] == c, f)
                both = tf.reduce_sum(p[..., c] * y)
                total += 1.0 - 2.0 * both / (tf.reduce_sum(p[..., c]) + tf.reduce_sum(y))
        return total / (m * classes)

    def candidate(b):
        prob = tf.nn.softmax(seg(b["image"]), axis=-1)
        hot = tf.one_hot(b["label"], depth=classes, dtype=prob.dtype)
        overlap = tf.einsum("nhwc,nhwc->cn", prob, hot)
        size = tf.einsum("nhwc->cn", prob) + tf.einsum("nhwc->cn", hot)
        dice = (2.0 * overlap + EPS) / (size + EPS)
        return 1.0 - tf.reduce_sum(dice) / tf.cast(tf.size(dice), dice.dtype)

    return {"variables": seg.trainable_variables, "batch": batch, "reference": reference, "candidate": candidate}
