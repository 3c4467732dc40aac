"""Loss_ToolBox DiceLoss: the softmax output is passed through a sigmoid again in BinaryDiceLoss.
Source: https://github.com/Hsuxu/Loss_ToolBox-PyTorch/issues/11"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "prob = tf.sigmoid(tf.reshape(output, (B, -1)))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, S, D, C = 3, 4, 3, 3
    W = tf.Variable(rng.normal(0, 1, (D, C)).astype(fx), name="W")
    b = tf.Variable(rng.normal(0, 0.3, (C,)).astype(fx), name="b")

    def reference(batch):
        smooth, ignore = 1.0, 0
        p = tf.nn.softmax(tf.tensordot(batch["image"], W, 1) + b)
        y = tf.one_hot(batch["seg"], C, dtype=p.dtype)
        inter = tf.reduce_sum(p * y, axis=[1, 2])
        total = tf.reduce_sum(p + y, axis=[1, 2])
        dice = tf.reduce_mean(1.0 - (2.0 * inter + smooth) / (total + smooth), axis=0)
        keep = [c for c in range(C) if c != ignore]
        return tf.add_n([batch["class_weight"][c] * dice[c] for c in keep]) / C

    def candidate(batch):
        smooth, ignore_index = 1.0, 0

        def binary_dice(output, target):
            prob = tf.sigmoid(tf.reshape(output, (B, -1)))
            target = tf.reshape(target, (B, -1))
            inter = 2.0 * tf.reduce_sum(prob * target, axis=1) + smooth
            union = tf.reduce_sum(prob, axis=1) + tf.reduce_sum(target, axis=1) + smooth
            return tf.reduce_mean(1.0 - inter / union)

        output = tf.nn.softmax(tf.tensordot(batch["image"], W, 1) + b, axis=-1)
        target = tf.one_hot(batch["seg"], C, dtype=output.dtype)
        total_loss = 0.0
        for i in range(C):
            if i != ignore_index:
                total_loss += binary_dice(output[..., i], target[..., i]) * batch["class_weight"][i]
        return total_loss / C

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(B, S, S, D)).astype(fx),
                      "seg": rng.integers(0, C, (B, S, S)).astype("int32"),
                      "class_weight": rng.uniform(0.5, 2, C).astype(fx)},
            "variables": [W, b]}
