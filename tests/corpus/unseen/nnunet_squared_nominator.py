"""soft_dice squares the intersection when square_nominator is False (the two branches are swapped).
Source: https://github.com/MIC-DKFZ/nnUNet/issues/12"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "intersect = sum_tensor((net_output * gt) ** 2, axes)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, h, c = 3, 6, 3
    conv = keras.layers.Conv2D(c, 3, padding="same", name="seg")
    conv.build((None, h, h, 2))

    def reference(batch):
        probs = tf.nn.softmax(conv(batch["image"]), axis=-1)
        gt = tf.one_hot(batch["mask"], c, dtype=probs.dtype)
        scores = []
        for i in range(b):
            for k in range(c):
                p, g = probs[i, :, :, k], gt[i, :, :, k]
                scores.append((2.0 * tf.reduce_sum(p * g) + 1.0) / (tf.reduce_sum(p) + tf.reduce_sum(g) + 1.0))
        return -tf.reduce_mean(tf.stack(scores))

    def candidate(batch):
        def sum_tensor(x, axes):
            return tf.reduce_sum(x, axis=axes)

        def soft_dice(net_output, gt, smooth=1., smooth_in_nom=1., square_nominator=False, square_denom=False):
            axes = tuple(range(1, net_output.shape.rank - 1))
            if square_nominator:
                intersect = sum_tensor(net_output * gt, axes)
            else:
                intersect = sum_tensor((net_output * gt) ** 2, axes)
            if square_denom:
                denom = sum_tensor(net_output ** 2 + gt ** 2, axes)
            else:
                denom = sum_tensor(net_output + gt, axes)
            return tf.reduce_mean(-((2 * intersect + smooth_in_nom) / (denom + smooth)))

        logits = conv(batch["image"])
        onehot = tf.one_hot(batch["mask"], c, dtype=logits.dtype)
        return soft_dice(tf.nn.softmax(logits, axis=-1), onehot)

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(b, h, h, 2)).astype(fx),
                      "mask": rng.integers(0, c, (b, h, h)).astype("int32")},
            "variables": list(conv.trainable_variables)}
