"""Style transfer: Gram matrices by einsum over the image axes against a plain F^T F per image.

Source (real): https://github.com/https-deeplearning-ai/tensorflow-3/issues/20 (TensorFlow course notebook; the author
believes that einsum 'bijc,bijd->bcd' squares element-wise and that it should be a matrix multiplication).
Right answer: EQUIVALENT; the einsum is F^T F, the (c, c) growth per image is the method.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, wid, chan, filters = 13, 6, 5, 2, 4
    conv = keras.layers.Conv2D(filters, 3, activation="tanh", name="features", dtype=f)
    conv.build((None, hgt, wid, chan))
    conv.set_weights([(0.5 * rng.standard_normal(p.shape)).astype(f) for p in conv.get_weights()])
    batch = {
        "img": rng.standard_normal((n, hgt, wid, chan)).astype(f),
        "style": rng.standard_normal((n, filters, filters)).astype(f),
    }

    def reference(b):
        m = b["img"].shape[0]
        total = 0.0
        for i in range(m):
            rows = tf.reshape(conv(b["img"][i : i + 1]), [-1, filters])
            gram = tf.transpose(rows) @ rows / rows.shape[0]
            total += tf.reduce_sum(tf.square(gram - b["style"][i]))
        return total / m

    def candidate(b):
        feats = conv(b["img"])
        places = feats.shape[1] * feats.shape[2]
        gram = tf.linalg.einsum("bijc,bijd->bcd", feats, feats) / places
        return tf.reduce_mean(tf.reduce_sum(tf.square(gram - b["style"]), axis=[1, 2]))

    return {
        "variables": conv.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
