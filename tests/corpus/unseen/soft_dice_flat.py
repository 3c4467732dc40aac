"""The soft dice flattens all classes and voxels to one vector, so the background
dominates; the dice of each class was meant. Source: https://github.com/ProjectNeura/MIPCandy/issues/123"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'axis',
    "line_marker": "out = tf.reshape(out, [n, -1, 1])",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, s=0.6):
        return tf.Variable(rng.normal(0.0, s, shape).astype(fx), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(fx)

    n, vox, k = 3, 12, 4
    w1, w2 = var("w1", 3, 6), var("w2", 6, k)
    smooth = 1.0

    def reference(batch):
        logits = tf.tanh(batch["vol"] @ w1) @ w2
        y = tf.one_hot(batch["seg"], k, dtype=logits.dtype)
        p = tf.sigmoid(logits)
        bce = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits))
        inter = tf.reduce_sum(p * y, axis=1)
        dice = (2.0 * inter + smooth) / (tf.reduce_sum(p, axis=1) + tf.reduce_sum(y, axis=1) + smooth)
        return bce + 1.0 - tf.reduce_mean(dice)

    def candidate(batch):
        def soft_dice_coefficient(out, lab):
            out = tf.reshape(out, [n, -1, 1])
            lab = tf.reshape(lab, out.shape)
            both = tf.reduce_sum(out * lab, axis=1)
            size = tf.reduce_sum(out, axis=1) + tf.reduce_sum(lab, axis=1)
            return tf.reduce_mean((2.0 * both + smooth) / (size + smooth))

        z = tf.tanh(batch["vol"] @ w1) @ w2
        labels = tf.one_hot(batch["seg"], k, dtype=z.dtype)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=z)
        return tf.reduce_mean(bce) + (1.0 - soft_dice_coefficient(tf.sigmoid(z), labels))

    seg = np.where(rng.random((n, vox)) < 0.7, 0, rng.integers(1, k, (n, vox)))
    return {"reference": reference, "candidate": candidate,
            "batch": {"vol": arr(n, vox, 3), "seg": seg},
            "variables": [w1, w2]}
