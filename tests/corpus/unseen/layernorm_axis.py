"""Tutorial network applies LayerNormalization over axis 1 of an NHWC map, where the channels (last) were meant.
Source: https://github.com/tensorflow/addons/pull/2142"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "mu, var = tf.nn.moments(feat, axes=[1], keepdims=True)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, c, k = 4, 6, 4, 3
    conv = keras.layers.Conv2D(c, 3, name="conv")
    conv.build((None, hw, hw, 2))
    gamma = tf.Variable((1 + 0.3 * rng.standard_normal(c)).astype(fx), name="gamma")
    beta = tf.Variable((0.3 * rng.standard_normal(c)).astype(fx), name="beta")
    out = keras.layers.Dense(k, name="logits")
    out.build((None, c * (hw - 2) ** 2))
    lossf = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def reference(batch):
        h = conv(batch["image"])
        centred = h - tf.reduce_mean(h, axis=-1, keepdims=True)
        std = tf.sqrt(tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True) + 1e-3)
        h = tf.nn.relu(centred / std * gamma + beta)
        return lossf(batch["label"], out(tf.reshape(h, (n, -1))))

    def candidate(batch):
        feat = conv(batch["image"])
        mu, var = tf.nn.moments(feat, axes=[1], keepdims=True)
        feat = tf.nn.batch_normalization(feat, mu, var, beta, gamma, 1e-3)
        feat = tf.nn.relu(feat)
        logits = out(tf.reshape(feat, (n, -1)))
        return lossf(batch["label"], logits)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.standard_normal((n, hw, hw, 2)).astype(fx),
                      "label": rng.integers(0, k, n).astype("int32")},
            "variables": conv.trainable_variables + [gamma, beta] + out.trainable_variables}
