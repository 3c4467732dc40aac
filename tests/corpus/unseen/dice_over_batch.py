"""Dice loss of binary masks: prediction and mask are flattened over the whole batch, so there is one Dice value for all images.

Source (real): https://github.com/keras-team/keras/issues/19637 (Keras; an `axis` argument was added).
Right answer: NOT equivalent to the mean of the Dice losses of the images.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "inputs, targets = (tf.reshape(t, [-1]) for t in (y_true, y_pred))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, size, chans = 13, 6, 2

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    kernel = tf.Variable(0.5 * arr(3, 3, chans, 1), name="conv_kernel")
    bias = tf.Variable(np.array([-0.3], f), name="conv_bias")
    cut = rng.uniform(-1.2, 1.2, (n, 1, 1, 1))
    image = arr(n, size, size, chans)
    batch = {"image": image, "mask": (image.mean(-1, keepdims=True) > cut).astype(f)}

    def predict(x):
        return tf.sigmoid(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)

    def reference(b):
        losses = []
        for img, mask in zip(b["image"], b["mask"]):
            p = predict(img[None])[0]
            overlap = tf.reduce_sum(p * mask)
            losses.append(1.0 - 2.0 * overlap / (tf.reduce_sum(p) + tf.reduce_sum(mask) + 1e-7))
        return tf.add_n(losses) / len(losses)

    def candidate(b):
        def dice(y_true, y_pred):
            inputs, targets = (tf.reshape(t, [-1]) for t in (y_true, y_pred))
            intersection = tf.reduce_sum(inputs * targets, axis=-1)
            total = tf.reduce_sum(inputs, axis=-1) + tf.reduce_sum(targets, axis=-1)
            return 1.0 - 2.0 * intersection / (total + 1e-7)

        return tf.reduce_mean(dice(b["mask"], predict(b["image"])))

    return {"variables": [kernel, bias], "batch": batch, "reference": reference, "candidate": candidate}
