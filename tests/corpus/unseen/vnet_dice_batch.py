"""VNet's Dice layer sums the Dice of all volumes of the batch in place of averaging them.
Source: https://github.com/faustomilletari/VNet/issues/13"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "dice += 2.0 * intersection / union",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, s = 4, 4
    conv1 = keras.layers.Conv3D(3, 3, padding="same", activation="relu", name="c1")
    conv2 = keras.layers.Conv3D(1, 1, name="c2")
    conv1.build((n, s, s, s, 1))
    conv2.build((n, s, s, s, 3))
    decay = 1e-2

    def l2():
        return decay * (tf.reduce_sum(conv1.kernel ** 2) + tf.reduce_sum(conv2.kernel ** 2))

    def reference(batch):
        p = tf.sigmoid(conv2(conv1(batch["vol"])))[..., 0]
        g = batch["seg"]
        axes = [1, 2, 3]
        inter = tf.reduce_sum(p * g, axis=axes)
        denom = tf.reduce_sum(p ** 2, axis=axes) + tf.reduce_sum(g ** 2, axis=axes) + 1e-5
        return 1.0 - tf.reduce_mean(2.0 * inter / denom) + l2()

    def candidate(batch):
        result = tf.reshape(tf.sigmoid(conv2(conv1(batch["vol"]))), (n, -1))
        gt = tf.reshape(batch["seg"], (n, -1))
        dice = 0.0
        for i in range(n):
            union = tf.reduce_sum(tf.square(result[i])) + tf.reduce_sum(tf.square(gt[i])) + 1e-5
            intersection = tf.reduce_sum(result[i] * gt[i])
            dice += 2.0 * intersection / union
        return 1.0 - dice + l2()

    return {"reference": reference, "candidate": candidate,
            "batch": {"vol": rng.normal(size=(n, s, s, s, 1)).astype(fx),
                      "seg": (rng.uniform(size=(n, s, s, s)) < 0.4).astype(fx)},
            "variables": conv1.trainable_variables + conv2.trainable_variables}
