"""Squeeze and excitation: each dense layer is applied to the block input x, so the pooled branch is overwritten and lost.

Source (real): https://github.com/KichangKim/DeepDanbooru/issues/55 (Keras; the owner fixed both dense lines).
Right answer: NOT equivalent; the first dense layer has no gradient at all and the gate is computed per pixel.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "s = excite(x)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side, channels = 12, 4, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    stem = tf.Variable(0.5 * arr(3, 3, 3, channels), name="stem")
    w_squeeze = tf.Variable(0.6 * arr(channels, channels), name="w_squeeze")
    w_excite = tf.Variable(0.8 * arr(channels, channels), name="w_excite")
    head = tf.constant(arr(channels))
    batch = {"image": arr(n, side, side, 3), "tag": (rng.random(n) > 0.5).astype(f)}

    def classify(features, tag):
        logit = tf.linalg.matvec(tf.reduce_mean(features, axis=[1, 2]), head)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tag, logits=logit))

    def reference(b):
        y = tf.nn.conv2d(b["image"], stem, 1, "SAME")
        gates = []
        for i in range(y.shape[0]):
            pooled = tf.reduce_mean(tf.reshape(y[i], [-1, channels]), axis=0, keepdims=True)
            gates.append(tf.sigmoid(tf.nn.relu(pooled @ w_squeeze) @ w_excite))
        gate = tf.reshape(tf.concat(gates, axis=0), [-1, 1, 1, channels])
        return classify(y * gate, b["tag"])

    def candidate(b):
        def squeeze(t):
            return tf.nn.relu(tf.tensordot(t, w_squeeze, 1))

        def excite(t):
            return tf.sigmoid(tf.tensordot(t, w_excite, 1))

        def squeeze_excitation(x):
            s = x
            s = tf.reduce_mean(s, axis=[1, 2], keepdims=True)
            s = squeeze(x)
            s = excite(x)
            return x * s

        x = tf.nn.conv2d(b["image"], stem, 1, "SAME")
        return classify(squeeze_excitation(x), b["tag"])

    return {"variables": [stem, w_squeeze, w_excite], "batch": batch, "reference": reference, "candidate": candidate}
