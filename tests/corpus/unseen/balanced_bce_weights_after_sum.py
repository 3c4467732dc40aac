"""Change detection, class balanced BCE: the cross entropy is summed over the pixels first, the pixel weights then multiply
the sum and no longer weigh changed against unchanged pixels.
Source: https://github.com/daifeng2016/End-to-end-CD-for-VHR-satellite-image/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "bce = tf.reduce_sum(pixel_bce, axis=[0, 1, 2]) / pixels",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, height, width, feat = 12, 4, 3, 5
    kernel = tf.Variable(rng.normal(size=(feat, 1)).astype(f) * 0.6, name="kernel")
    bias = tf.Variable(rng.normal(size=(1,)).astype(f) * 0.2, name="bias")
    batch = {
        "maps": rng.normal(size=(n, height, width, feat)).astype(f),
        "change": (rng.uniform(size=(n, height, width, 1)) < 0.15).astype(f),
    }

    def reference(batch):
        logit = tf.einsum("nhwf,fk->nhwk", batch["maps"], kernel) + bias
        y = batch["change"]
        rare = 1.0 - tf.reduce_mean(y)
        changed = rare * y * tf.nn.softplus(-logit)
        unchanged = (1.0 - rare) * (1.0 - y) * tf.nn.softplus(logit)
        return tf.reduce_mean(changed + unchanged)

    def candidate(batch):
        def predict(maps):
            return tf.sigmoid(tf.tensordot(maps, kernel, 1) + bias)

        def weighted_bce_loss(y_true, y_pred):
            beta = tf.reduce_mean(1.0 - y_true)
            pixels = float(n * height * width)
            pixel_bce = keras.ops.binary_crossentropy(y_true, y_pred)
            bce = tf.reduce_sum(pixel_bce, axis=[0, 1, 2]) / pixels
            weights = y_true * beta + (1.0 - y_true) * (1.0 - beta)
            return tf.reduce_mean(weights * bce)

        return weighted_bce_loss(batch["change"], predict(batch["maps"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel, bias]}
