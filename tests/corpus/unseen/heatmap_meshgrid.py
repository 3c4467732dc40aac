"""Keypoint detector: ground-truth heatmaps made of Gaussians around (u, v) on a pixel grid.
Source: https://github.com/tlpss/keypoint-detection/issues/7"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'xx, yy = tf.meshgrid(tf.range(h), tf.range(w), indexing="ij")',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, h, w, c, kp, sigma = 3, 6, 6, 2, 2, 1.0
    k1 = tf.Variable(rng.normal(0, 0.6, (3, 3, c, 3)).astype(fx), name="conv1")
    k2 = tf.Variable(rng.normal(0, 0.6, (3, 3, 3, 1)).astype(fx), name="conv2")

    def reference(batch):
        hid = tf.nn.relu(tf.nn.conv2d(batch["image"], k1, 1, "SAME"))
        logit = tf.nn.conv2d(hid, k2, 1, "SAME")[..., 0]
        pts = batch["points"].numpy()
        maps = np.zeros((n, h, w))
        for b in range(n):
            for u, v in pts[b]:
                for row in range(h):
                    for col in range(w):
                        val = np.exp(-((col - u) ** 2 + (row - v) ** 2) / (2 * sigma**2))
                        maps[b, row, col] = max(maps[b, row, col], val)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(maps, logit.dtype), logit))

    def candidate(batch):
        def heatmaps(keypoints, dtype):
            xx, yy = tf.meshgrid(tf.range(h), tf.range(w), indexing="ij")
            xx, yy = tf.cast(xx, dtype), tf.cast(yy, dtype)
            u = keypoints[:, :, 0, None, None]
            v = keypoints[:, :, 1, None, None]
            blob = tf.exp(-0.5 * ((xx - u) ** 2 + (yy - v) ** 2) / sigma**2)
            return tf.reduce_max(blob, axis=1)

        x = tf.nn.relu(tf.nn.conv2d(batch["image"], k1, strides=1, padding="SAME"))
        pred = tf.squeeze(tf.nn.conv2d(x, k2, strides=1, padding="SAME"), axis=-1)
        target = heatmaps(batch["points"], pred.dtype)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=pred)
        return tf.reduce_mean(bce)

    pts = np.stack([rng.integers(0, 2, (n, kp)), rng.integers(3, 6, (n, kp))], axis=-1)
    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, h, w, c)).astype(fx), "points": pts.astype(fx)},
            "variables": [k1, k2]}
