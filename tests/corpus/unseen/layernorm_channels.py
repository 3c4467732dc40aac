"""A user suspects LayerNormalization(axis=-1): it takes one mean per pixel, over the channels. That is what it should do.
Source: https://github.com/keras-team/tf-keras/issues/173"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w, c = 3, 4, 4, 5
    norm = keras.layers.LayerNormalization(axis=-1, epsilon=1e-3, name="ln")
    norm.build((None, h, w, c))
    norm.gamma.assign(rng.uniform(0.5, 1.5, c))
    norm.beta.assign(rng.standard_normal(c) * 0.3)
    conv = tf.Variable(rng.standard_normal((3, 3, c, c)) * 0.3, dtype=fx, name="conv")

    def reference(batch):
        z = tf.nn.conv2d(batch["img"], conv, 1, "SAME")
        z = tf.nn.relu(norm(z))
        return tf.reduce_mean(tf.square(tf.reduce_mean(z, [1, 2]) - batch["y"]))

    def candidate(batch):
        feat = tf.nn.conv2d(batch["img"], conv, 1, "SAME")
        pixels = tf.reshape(feat, [-1, c])
        mean = tf.reduce_mean(pixels, axis=1, keepdims=True)
        centred = pixels - mean
        var = tf.reduce_mean(centred * centred, axis=1, keepdims=True)
        pixels = centred / tf.sqrt(var + 1e-3) * norm.gamma + norm.beta
        act = tf.maximum(tf.reshape(pixels, [-1, h, w, c]), 0.0)
        pooled = tf.reduce_sum(act, axis=[1, 2]) / (h * w)
        err = pooled - batch["y"]
        return tf.reduce_sum(err * err) / (n * c)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.standard_normal((n, h, w, c)).astype(fx), "y": rng.standard_normal((n, c)).astype(fx)},
            "variables": [conv, norm.gamma, norm.beta]}
