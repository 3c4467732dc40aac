"""Super-resolution: the residual target is the difference of two uint8 images, cast to float afterwards.

Source (real): https://github.com/DevKiHyun/VDSR-Tensorflow/issues/1 (subtraction of uint8 images), also
https://github.com/yangxiaofeng/rectified_flow_prior/issues/9 ("-1 becomes 255"). NumPy metrics, ported into the loss.
Right answer: NOT equivalent; negative differences wrap around modulo 256.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'residual = tf.cast(b["high"] - b["low"], dtype) / 255.0',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, wid = 13, 6, 5
    conv = keras.layers.Conv2D(1, 3, padding="same", name="vdsr", dtype=f)
    conv.build((None, hgt, wid, 1))
    conv.set_weights([(0.4 * rng.standard_normal(p.shape)).astype(f) for p in conv.get_weights()])
    low = rng.integers(30, 220, (n, hgt, wid, 1))
    high = low + rng.integers(-30, 31, low.shape)
    batch = {"low": low.astype("uint8"), "high": high.astype("uint8")}
    dtype = tf.as_dtype(f)

    def reference(b):
        low, high = (tf.cast(b[key], dtype) / 255.0 for key in ("low", "high"))
        return tf.reduce_mean(tf.square(low + conv(low) - high))

    def candidate(b):
        predicted = conv(tf.cast(b["low"], dtype) / 255.0)
        residual = tf.cast(b["high"] - b["low"], dtype) / 255.0
        return tf.reduce_mean(tf.square(predicted - residual))

    return {
        "variables": conv.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
