"""The total variation term reads both height and width from axis 1, so the right part of a wide image is left out.

Source (real): https://github.com/pkmital/CADL/issues/92
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'h, w = x.shape[1], x.shape[1]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, lh, lw = 6, 3, 6
    k1 = tf.Variable(rng.normal(size=(3, 3, 1, 6)).astype("float32") * 0.4, name="conv1")
    k2 = tf.Variable(rng.normal(size=(3, 3, 6, 4)).astype("float32") * 0.4, name="conv2")
    batch = {
        "low": rng.random((n, lh, lw, 1)).astype("float32"),
        "high": rng.random((n, 2 * lh, 2 * lw, 1)).astype("float32"),
    }

    def upscale(low):
        h = tf.nn.tanh(tf.nn.conv2d(low, k1, 1, "SAME"))
        return tf.nn.depth_to_space(tf.nn.conv2d(h, k2, 1, "SAME"), 2)

    def reference(b):
        out = upscale(b["low"])
        charbonnier = tf.reduce_mean(tf.sqrt(tf.square(out - b["high"]) + 1e-4))
        right = tf.square(out[:, :-1, 1:] - out[:, :-1, :-1])
        down = tf.square(out[:, 1:, :-1] - out[:, :-1, :-1])
        return charbonnier + 0.02 * tf.reduce_sum(tf.pow(right + down, 1.25)) / n

    def candidate(b):
        def total_variation(x):
            h, w = x.shape[1], x.shape[1]
            dx = tf.square(x[:, :h - 1, 1:w, :] - x[:, :h - 1, :w - 1, :])
            dy = tf.square(x[:, 1:h, :w - 1, :] - x[:, :h - 1, :w - 1, :])
            return tf.reduce_sum(tf.pow(dx + dy, 1.25))
        sr = upscale(b["low"])
        content = tf.reduce_mean(tf.sqrt(tf.square(sr - b["high"]) + 1e-4))
        return content + 0.02 * total_variation(sr) / n

    return {"variables": [k1, k2], "batch": batch, "reference": reference, "candidate": candidate}
