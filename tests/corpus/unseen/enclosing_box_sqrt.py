"""GIoU of rotated boxes: the edge lengths in the enclosing-box search take sqrt of zero for coinciding corners, the gradient is NaN.
Source: https://github.com/lilanxiao/Rotated_IoU/issues/20"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "num = tf.sqrt(tf.square(y2 - y1) + tf.square(x2 - x1))",
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, corners = 4, 5, 8
    w = tf.Variable(rng.normal(size=(d, corners), scale=0.6).astype(fx), name="corner_w")
    gt = rng.normal(size=(b, corners)).astype(fx)

    def reference(batch):
        pts = tf.reshape(tf.matmul(batch["feat"], w), [b, 4, 2])
        allp = tf.concat([pts, pts[:, :1], tf.reshape(batch["gt"], [b, 4, 2])], axis=1)
        i, j = np.triu_indices(9, 1)
        sq = tf.reduce_sum(tf.square(tf.gather(allp, i, axis=1) - tf.gather(allp, j, axis=1)), axis=-1)
        far = sq > 0.0
        length = tf.where(far, tf.sqrt(tf.where(far, sq, tf.ones_like(sq))), tf.zeros_like(sq))
        return tf.reduce_mean(tf.reduce_max(length, axis=1)) + 0.1 * tf.reduce_mean(length)

    def candidate(batch):
        pred = tf.reshape(tf.matmul(batch["feat"], w), [b, 4, 2])
        target = tf.reshape(batch["gt"], [b, 4, 2])
        corners_all = tf.concat([pred, pred[:, :1, :], target], axis=1)
        first, second = zip(*[(p, q) for p in range(9) for q in range(p + 1, 9)])
        start = tf.gather(corners_all, first, axis=1)
        end = tf.gather(corners_all, second, axis=1)
        x1, y1 = start[..., 0], start[..., 1]
        x2, y2 = end[..., 0], end[..., 1]
        num = tf.sqrt(tf.square(y2 - y1) + tf.square(x2 - x1))
        diagonal = tf.reduce_max(num, axis=1)
        return tf.reduce_mean(diagonal) + 0.1 * tf.reduce_mean(num)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": rng.normal(size=(b, d)).astype(fx), "gt": gt},
            "variables": [w]}
