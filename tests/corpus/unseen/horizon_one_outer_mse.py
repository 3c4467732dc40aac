"""Forecasting with horizon one: predictions (n, 1) minus targets (n,) is an (n, n) matrix.

Source (real): https://github.com/jsboige/CoursIA/pull/926 (PyTorch, ported)
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'return tf.reduce_mean(tf.square(pred - b["y"]))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, window, patch, hid = 18, 8, 4, 5
    w_patch = tf.Variable(0.6 * arr(patch, hid), name="patch_embedding")
    w_head = tf.Variable(0.5 * arr(hid * (window // patch), 1), name="head")
    batch = {"x": arr(n, window), "y": arr(n)}

    def reference(b):
        err = []
        for series, goal in zip(b["x"], b["y"]):
            pieces = [tf.linalg.matvec(w_patch, series[i : i + patch], transpose_a=True) for i in range(0, window, patch)]
            guess = tf.tensordot(tf.nn.gelu(tf.concat(pieces, 0)), w_head[:, 0], 1)
            err.append((guess - goal) ** 2)
        return tf.reduce_mean(tf.stack(err))

    def candidate(b):
        patches = tf.reshape(b["x"], [-1, window // patch, patch])
        tokens = tf.nn.gelu(patches @ w_patch)
        flat = tf.reshape(tokens, [-1, hid * (window // patch)])
        pred = flat @ w_head
        return tf.reduce_mean(tf.square(pred - b["y"]))

    return {"variables": [w_patch, w_head], "batch": batch, "reference": reference, "candidate": candidate}
