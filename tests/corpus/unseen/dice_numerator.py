"""BinaryDiceLoss: the factor two of the intersection is missing in the numerator.
Source: https://github.com/hubutui/DiceLoss-PyTorch/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "num = tf.reduce_sum(tf.multiply(predict, target), axis=1) + smooth",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, h, w_, c = 4, 6, 6, 3
    kernel = tf.Variable((0.4 * rng.standard_normal((3, 3, 2, c))).astype(f), name="kernel")
    bias = tf.Variable((0.2 * rng.standard_normal(c)).astype(f), name="bias")
    smooth = 1.0

    def reference(batch):
        prob = tf.nn.softmax(tf.nn.conv2d(batch["x"], kernel, 1, "SAME") + bias, -1)
        onehot = tf.one_hot(batch["y"], c, dtype=prob.dtype)
        per_class = []
        for k in range(c):
            p = tf.reshape(prob[..., k], (n, -1))
            t = tf.reshape(onehot[..., k], (n, -1))
            inter = tf.reduce_sum(p * t, axis=1)
            dice = (2 * inter + smooth) / (tf.reduce_sum(p * p + t * t, axis=1) + smooth)
            per_class.append(tf.reduce_mean(1 - dice))
        return tf.add_n(per_class) / c

    def candidate(batch):
        def binary_dice_loss(predict, target, p=2):
            predict = tf.reshape(predict, (tf.shape(predict)[0], -1))
            target = tf.reshape(target, (tf.shape(target)[0], -1))
            num = tf.reduce_sum(tf.multiply(predict, target), axis=1) + smooth
            den = tf.reduce_sum(predict ** p + target ** p, axis=1) + smooth
            return tf.reduce_mean(1.0 - num / den)

        logits = tf.nn.bias_add(tf.nn.conv2d(batch["x"], kernel, 1, "SAME"), bias)
        predict = tf.nn.softmax(logits, axis=-1)
        target = tf.one_hot(batch["y"], c, dtype=predict.dtype)
        total_loss = 0.0
        for i in range(c):
            total_loss += binary_dice_loss(predict[..., i], target[..., i])
        return total_loss / c

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, h, w_, 2)).astype(f),
                      "y": rng.integers(0, c, (n, h, w_)).astype("int32")},
            "variables": [kernel, bias]}
