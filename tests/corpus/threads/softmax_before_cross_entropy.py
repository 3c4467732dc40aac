"""Segmentation: the network ends in softmax and the loss applies the softmax again.

Source (real): https://github.com/NVIDIA/DeepLearningExamples/issues/468 (UNet, TensorFlow 2; "it seems you are right"),
https://github.com/tflearn/tflearn/pull/562, https://github.com/nfmcclure/tensorflow_cookbook/issues/86.
Right answer: NOT equivalent; probabilities used as logits flatten the loss and its gradient.
"""

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": 'cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["mask"], logits=output)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, hgt, wid, chan, classes = 12, 6, 5, 2, 3
    conv = keras.layers.Conv2D(classes, 3, padding="same", name="unet", dtype=f)
    conv.build((None, hgt, wid, chan))
    conv.set_weights([(0.6 * rng.standard_normal(p.shape)).astype(f) for p in conv.get_weights()])
    batch = {
        "img": rng.standard_normal((n, hgt, wid, chan)).astype(f),
        "mask": rng.integers(0, classes, (n, hgt, wid)),
    }

    def reference(b):
        hot = tf.one_hot(b["mask"], classes, dtype=b["img"].dtype)
        logp = tf.nn.log_softmax(conv(b["img"]), axis=-1)
        return -tf.reduce_mean(tf.reduce_sum(hot * logp, axis=-1))

    def candidate(b):
        output = keras.activations.softmax(conv(b["img"]), axis=-1)
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["mask"], logits=output)
        return tf.reduce_mean(cross_entropy)

    return {
        "variables": conv.trainable_variables,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }
