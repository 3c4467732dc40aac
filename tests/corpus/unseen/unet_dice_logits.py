"""The dice cost of the U-Net is computed from the raw logits instead of the class probabilities.
Source: https://github.com/jakeret/tf_unet/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "prediction = tf.reshape(logits, (-1, classes))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w, classes = 2, 5, 5, 3
    k1 = tf.Variable((0.4 * rng.normal(size=(3, 3, 1, 4))).astype(fx), name="k1")
    k2 = tf.Variable((0.6 * rng.normal(size=(1, 1, 4, classes))).astype(fx), name="k2")
    b2 = tf.Variable((0.3 * rng.normal(size=(classes,)) + 1.0).astype(fx), name="b2")

    def network(x):
        hid = tf.nn.relu(tf.nn.conv2d(x, k1, 1, "SAME"))
        return tf.nn.conv2d(hid, k2, 1, "SAME") + b2

    def reference(batch):
        p = tf.nn.softmax(network(batch["image"]), axis=-1)
        t = tf.one_hot(batch["mask"], classes, dtype=p.dtype)
        inter = tf.reduce_sum(p * t)
        return 1.0 - 2.0 * inter / (1e-5 + tf.reduce_sum(p) + tf.reduce_sum(t))

    def candidate(batch):
        logits = network(batch["image"])
        prediction = tf.reshape(logits, (-1, classes))
        flat_labels = tf.one_hot(tf.reshape(batch["mask"], (-1,)), classes, dtype=logits.dtype)
        eps = 1e-5
        intersection = tf.reduce_sum(prediction * flat_labels)
        union = eps + tf.reduce_sum(prediction) + tf.reduce_sum(flat_labels)
        loss = -(2 * intersection / union)
        return 1.0 + loss

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, h, w, 1)).astype(fx),
                      "mask": rng.integers(0, classes, size=(n, h, w)).astype("int32")},
            "variables": [k1, k2, b2]}
