"""Tversky loss for segmentation: false positives are averaged over pixels, the other counts are summed.

Source (constructed): a Tversky/Dice helper edited in one of three look-alike lines.
Right answer: NOT equivalent; the false-positive penalty is smaller by the number of pixels.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'fp = tf.reduce_mean(p * (1.0 - y), axis=[1, 2])',
    "same_forward_value": False,
}

_A, _B = 0.7, 0.3


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, wd, ch = 14, 5, 6, 3
    kernel = tf.Variable((0.9 * rng.standard_normal((ch, 1))).astype(f), name="pixel_w")
    bias = tf.Variable((0.2 * rng.standard_normal(1)).astype(f), name="pixel_b")
    img = rng.standard_normal((n, h, wd, ch)).astype(f)
    batch = {"img": img, "mask": (img[..., 0] + 0.5 * rng.standard_normal((n, h, wd)) > 0.4).astype(f)}

    def reference(b):
        m = b["img"].shape[0]
        total = 0.0
        for i in range(m):
            p = tf.sigmoid(tf.reshape(b["img"][i], [-1, ch]) @ kernel + bias)[:, 0]
            y = tf.reshape(b["mask"][i], [-1])
            hit, extra, miss = tf.tensordot(p, y, 1), tf.tensordot(p, 1.0 - y, 1), tf.tensordot(1.0 - p, y, 1)
            total += 1.0 - (hit + 1.0) / (hit + _A * extra + _B * miss + 1.0)
        return total / m

    def candidate(b):
        p = tf.sigmoid(tf.einsum("nhwc,co->nhw", b["img"], kernel) + bias)
        y = b["mask"]
        tp = tf.reduce_sum(p * y, axis=[1, 2])
        fp = tf.reduce_mean(p * (1.0 - y), axis=[1, 2])
        fn = tf.reduce_sum((1.0 - p) * y, axis=[1, 2])
        index = (tp + 1.0) / (tp + _A * fp + _B * fn + 1.0)
        return tf.reduce_mean(1.0 - index)

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
