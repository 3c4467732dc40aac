"""Segmentation model ending in activation="sigmoid", compiled with BinaryCrossentropy(from_logits=True).

Source (real): the mechanism of https://github.com/keras-team/keras/issues/15271 (Keras attaches _keras_logits to the output of
a sigmoid activation and the loss silently goes back to them).
Right answer: EQUIVALENT here, because the very tensor of the sigmoid reaches the loss. Keras only warns.
(An explicit tf.sigmoid, or any op in between, would make it a double sigmoid.)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, h, w, ch = 13, 5, 6, 2
    conv = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv", dtype=f)
    bn = keras.layers.BatchNormalization(name="bn", dtype=f)
    head = keras.layers.Conv2D(1, 1, activation="sigmoid", name="mask_head", dtype=f)
    conv.build((None, h, w, ch))
    bn.build((None, h, w, 4))
    head.build((None, h, w, 4))
    conv.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in conv.get_weights()])
    bn.set_weights([(0.5 + rng.uniform(size=p.shape)).astype(f) for p in bn.get_weights()])
    head.set_weights([1.2 * rng.standard_normal(p.shape).astype(f) for p in head.get_weights()])
    batch = {
        "image": rng.standard_normal((n, h, w, ch)).astype(f),
        "mask": (rng.uniform(size=(n, h, w, 1)) > 0.7).astype(f),
    }

    def features(image):
        return tf.nn.relu(bn(conv(image), training=False))

    def reference(b):
        m = b["mask"].shape[0]
        kernel, bias = head.kernel.value[0, 0, :, 0], head.bias.value[0]
        total = 0.0
        for i in range(m):
            z = tf.tensordot(features(b["image"][i : i + 1])[0], kernel, 1) + bias
            y = b["mask"][i, :, :, 0]
            total += tf.reduce_mean(tf.nn.softplus(z) - y * z)
        return total / m

    def candidate(b):
        prob = head(features(b["image"]))
        bce = keras.losses.BinaryCrossentropy(from_logits=True)
        return bce(b["mask"], prob)

    return {
        "variables": conv.trainable_variables + bn.trainable_variables + head.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
