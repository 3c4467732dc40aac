"""DLTK's dice_loss was changed so that it no longer works for a single foreground class: the one logit goes through a
softmax and is always one. Source: https://github.com/DLTK/DLTK/pull/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": 'probs = tf.nn.softmax(logits, axis=-1)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, h, w, ch = 3, 4, 4, 3
    kernel = var("conv", 1, 1, ch, 1)
    bias = var("bias", 1)
    labels = (rng.random((n, h, w)) < 0.4).astype("int32")
    labels[:, 0, 0] = 1

    def reference(batch):
        x = tf.nn.conv2d(batch["img"], kernel, 1, "SAME")[..., 0] + bias
        prob = tf.sigmoid(x)
        lab = tf.cast(batch["lab"], prob.dtype)
        total = 0.0
        for i in range(n):
            inter = tf.reduce_sum(prob[i] * lab[i])
            total += 2.0 * inter / (tf.reduce_sum(prob[i]) + tf.reduce_sum(lab[i]) + 1e-5)
        return 1.0 - total / n

    def candidate(batch):
        logits = tf.nn.bias_add(tf.nn.conv2d(batch["img"], kernel, 1, "SAME"), bias)
        num_classes = logits.shape[-1]
        y = tf.cast(tf.expand_dims(batch["lab"], -1), logits.dtype)
        probs = tf.nn.softmax(logits, axis=-1)
        axes = (1, 2)
        intersection = tf.reduce_sum(probs * y, axis=axes)
        union = tf.reduce_sum(probs, axis=axes) + tf.reduce_sum(y, axis=axes)
        dice = 2.0 * intersection / (union + 1e-5)
        return 1.0 - tf.reduce_sum(dice) / (n * num_classes)

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": arr(n, h, w, ch), "lab": labels},
            "variables": [kernel, bias]}
