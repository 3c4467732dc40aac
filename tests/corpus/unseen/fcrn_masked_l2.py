"""Is sum(square((output - label) * mask)) / sum(mask) a correct masked L2 for depth? It is doubted in the thread,
but for a 0/1 mask it is. Source: https://github.com/irolaina/FCRN-DepthPrediction/issues/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, h, w = 3, 8, 8
    c1 = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="c1")
    c1.build((None, h, w, 3))
    c2 = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", name="up")
    c2.build((None, h // 2, w // 2, 4))

    def reference(batch):
        pred = c2(c1(batch["image"]))
        valid = batch["depth"] > 0
        return tf.reduce_mean(tf.square(tf.boolean_mask(pred, valid) - tf.boolean_mask(batch["depth"], valid)))

    def candidate(batch):
        output = c2(c1(batch["image"]))
        input_labels = batch["depth"]
        labels_mask = tf.cast(input_labels > 0, output.dtype)
        return tf.reduce_sum(tf.square((output - input_labels) * labels_mask)) / tf.reduce_sum(labels_mask)

    depth = rng.uniform(0.5, 4, (n, h, w, 1)) * (rng.random((n, h, w, 1)) < 0.6)
    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.standard_normal((n, h, w, 3)).astype(fx), "depth": depth.astype(fx)},
            "variables": c1.trainable_variables + c2.trainable_variables}
