"""Gram matrices divided by h*w only are asked about; the mean squared error over c*c entries does the rest, as intended.
Source: https://github.com/leongatys/PytorchNeuralStyleTransfer/issues/14"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    h, w, c = 5, 4, 3
    canvas = tf.Variable(rng.normal(size=(1, h, w, 2)).astype(fx), name="canvas")
    vgg = rng.normal(size=(3, 3, 2, c)).astype(fx)

    def features(img):
        return tf.nn.relu(tf.nn.conv2d(img, vgg, 1, "SAME"))

    def reference(batch):
        f, s = features(canvas)[0], features(batch["style"])[0]
        total = 0.0
        for i in range(c):
            for j in range(c):
                g = tf.reduce_mean(f[..., i] * f[..., j])
                total += tf.square(g - tf.reduce_mean(s[..., i] * s[..., j]))
        content = tf.reduce_mean(tf.square(f - features(batch["content"])[0]))
        return content + 10.0 * total / c ** 2

    def candidate(batch):
        def gram(x):
            b, hh, ww, ch = x.shape
            flat = tf.reshape(x, [b, hh * ww, ch])
            return tf.matmul(flat, flat, transpose_a=True) / (hh * ww)

        feats = features(canvas)
        style_loss = tf.reduce_mean(tf.square(gram(feats) - gram(features(batch["style"]))))
        content_loss = tf.reduce_mean((feats - features(batch["content"])) ** 2)
        return content_loss + 10.0 * style_loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"style": (1.5 * rng.normal(size=(1, h, w, 2))).astype(fx),
                      "content": rng.normal(size=(1, h, w, 2)).astype(fx)},
            "variables": [canvas]}
