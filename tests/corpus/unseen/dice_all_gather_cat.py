"""Batch Dice on two ranks: the gathered per-sample sums are concatenated instead of stacked, so the class axis is summed away.

Source (real): https://github.com/ScrollPrize/villa/pull/1501 (PyTorch, ported: MemoryEfficientSoftDiceLoss with AllGatherGrad).
Right answer: NOT equivalent; one Dice value over all classes instead of the mean of the classes.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "return tf.concat(per_rank, axis=0)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, pix, d, classes, smooth = 16, 10, 5, 4, 1e-5

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w = tf.Variable(0.7 * arr(d, classes), name="seg_head")
    bias = tf.Variable(0.3 * arr(classes), name="seg_bias")
    odds = np.array([0.6, 0.25, 0.1, 0.05])
    labels = rng.choice(classes, (n, pix), p=odds)
    batch = {"feat": arr(n, pix, d), "y": np.eye(classes)[labels].astype(f)}

    def reference(b):
        prob = tf.nn.softmax(tf.reshape(b["feat"], [-1, d]) @ w + bias, axis=-1)
        onehot = tf.reshape(b["y"], [-1, classes])
        score = 0.0
        for c in range(1, classes):
            both = tf.reduce_sum(prob[:, c] * onehot[:, c])
            size = tf.reduce_sum(prob[:, c]) + tf.reduce_sum(onehot[:, c])
            score += (2 * both + smooth) / (size + smooth)
        return -score / (classes - 1)

    def candidate(b):
        def all_gather(per_rank):
            return tf.concat(per_rank, axis=0)

        ranks = []
        for feat, y in zip(tf.split(b["feat"], 2), tf.split(b["y"], 2)):
            x = tf.nn.softmax(feat @ w + bias, axis=-1)[..., 1:]
            y = y[..., 1:]
            ranks.append((tf.reduce_sum(x * y, 1), tf.reduce_sum(x, 1), tf.reduce_sum(y, 1)))
        intersect, sum_pred, sum_gt = (tf.reduce_sum(all_gather(t), axis=0) for t in zip(*ranks))
        intersect = tf.reduce_sum(intersect, axis=0)
        sum_pred, sum_gt = tf.reduce_sum(sum_pred, axis=0), tf.reduce_sum(sum_gt, axis=0)
        dc = (2 * intersect + smooth) / (sum_gt + sum_pred + smooth)
        return -tf.reduce_mean(dc)

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}
