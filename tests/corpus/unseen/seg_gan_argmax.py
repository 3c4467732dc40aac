"""Segmentation GAN puts an argmax Lambda between generator and discriminator, so no adversarial gradient arrives.
Source: https://github.com/eriklindernoren/Keras-GAN/issues/61"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "mask = tf.cast(tf.argmax(probs, axis=-1), probs.dtype)[..., None]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, hw, ch = 3, 4, 2
    conv1 = keras.layers.Conv2D(4, 3, padding="same", activation="tanh", name="gen_1")
    conv2 = keras.layers.Conv2D(2, 1, name="gen_2")
    conv1.build((None, hw, hw, ch))
    conv2.build((None, hw, hw, 4))
    w_d = tf.constant(rng.normal(size=(hw * hw, 1)).astype(fx))

    def discriminator(mask):
        return tf.reshape(mask, (n, hw * hw)) @ w_d

    def reference(batch):
        soft = tf.nn.softmax(conv2(conv1(batch["image"])), axis=-1)[..., 1:]
        validity = discriminator(soft)
        return tf.reduce_mean(tf.nn.softplus(-validity))

    def candidate(batch):
        features = conv1(batch["image"])
        probs = tf.nn.softmax(conv2(features), axis=-1)
        mask = tf.cast(tf.argmax(probs, axis=-1), probs.dtype)[..., None]
        valid = discriminator(mask)
        real_label = tf.ones_like(valid)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=real_label, logits=valid))

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, hw, hw, ch)).astype(fx)},
            "variables": conv1.trainable_variables + conv2.trainable_variables}
