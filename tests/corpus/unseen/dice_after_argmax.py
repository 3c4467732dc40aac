"""Sorensen dice for a V-Net: the loss is taken of the argmax of the logits, which has no derivative.

Source (real): https://github.com/tensorlayer/TensorLayer/issues/891 (TensorFlow; the cure is the softmax probability of the foreground).
Right answer: NOT equivalent; every gradient is None.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "pred = tf.cast(tf.argmax(logits, axis=-1), images.dtype)",
    "same_forward_value": False,
}

_SMOOTH = 1e-5


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, side = 13, 5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    k1 = tf.Variable(0.5 * arr(3, 3, 1, 4), name="conv1")
    k2 = tf.Variable(0.7 * arr(1, 1, 4, 2), name="conv2")
    batch = {"image": arr(n, side, side, 1), "label": (rng.random((n, side, side)) < 0.4).astype(f)}

    def reference(b):
        x = tf.nn.elu(tf.nn.conv2d(b["image"], k1, strides=1, padding="SAME"))
        fg = tf.nn.softmax(tf.nn.conv2d(x, k2, strides=1, padding="SAME"))[..., 1]
        y = b["label"]
        inter = tf.einsum("nij,nij->n", fg, y)
        total = tf.einsum("nij->n", fg) + tf.einsum("nij->n", y)
        return 1.0 - tf.reduce_mean((2.0 * inter + _SMOOTH) / (total + _SMOOTH))

    def candidate(b):
        def v_net(images):
            net = tf.nn.elu(tf.nn.conv2d(images, k1, 1, "SAME"))
            return tf.nn.conv2d(net, k2, 1, "SAME")

        def dice_coe(output, target, loss_type="jaccard", axis=(1, 2, 3)):
            inse = tf.reduce_sum(output * target, axis=axis)
            if loss_type == "jaccard":
                left, right = tf.reduce_sum(output * output, axis=axis), tf.reduce_sum(target * target, axis=axis)
            else:
                left, right = tf.reduce_sum(output, axis=axis), tf.reduce_sum(target, axis=axis)
            return tf.reduce_mean((2.0 * inse + _SMOOTH) / (left + right + _SMOOTH))

        images = b["image"]
        logits = v_net(images)
        pred = tf.cast(tf.argmax(logits, axis=-1), images.dtype)
        sorensen = dice_coe(tf.expand_dims(pred, -1), tf.expand_dims(b["label"], -1), loss_type="sorensen")
        return 1.0 - sorensen

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
