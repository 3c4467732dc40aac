"""The straight-through clamp uses strict comparisons, so all rounded weights that sit exactly on qmin or qmax get no gradient.

Source (real): https://github.com/pytorch/ao/pull/4806
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'inside = tf.logical_and(r > qmin, r < qmax)',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h = 12, 6, 5
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(np.float32), name="w1")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, 2))).astype(np.float32), name="w2")
    batch = {
        "x": rng.normal(size=(n, d)).astype(np.float32),
        "y": rng.normal(size=(n, 2)).astype(np.float32),
    }
    qmin, qmax = -3.0, 3.0

    @tf.custom_gradient
    def round_ste(x):
        return tf.round(x), lambda dy: dy

    def channel_scale(w):
        return tf.stop_gradient(tf.reduce_max(tf.abs(w), axis=0, keepdims=True)) / qmax

    def fake_quant(w, clamp):
        s = channel_scale(w)
        return clamp(round_ste(w / s)) * s

    def reference(b):
        def quantised(w):
            s = channel_scale(w)
            kept = tf.round(w / s)
            passes = tf.cast((kept >= qmin) & (kept <= qmax), tf.float32)
            value = tf.clip_by_value(kept, qmin, qmax) * s
            return passes * w + tf.stop_gradient(value - passes * w)
        hidden = tf.nn.relu(b["x"] @ quantised(w1))
        return tf.reduce_mean(tf.square(hidden @ quantised(w2) - b["y"]))

    @tf.custom_gradient
    def clamp_strict(r):
        def grad(dy):
            inside = tf.logical_and(r > qmin, r < qmax)
            return tf.where(inside, dy, tf.zeros_like(dy))
        return tf.clip_by_value(r, qmin, qmax), grad

    def candidate(b):
        hidden = tf.nn.relu(b["x"] @ fake_quant(w1, clamp_strict))
        out = hidden @ fake_quant(w2, clamp_strict)
        return tf.reduce_mean(tf.square(out - b["y"]))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
