"""Affine normalizing flow, density evaluation direction: z = (x - shift) * exp(-s), whose log-determinant is -sum(s).
The log-determinant of the sampling direction is used.

Source: realistic (forward / inverse log_det_jacobian mixed up; a frequent question on flows).
Right answer: NOT equivalent; the scale head is trained the wrong way round.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "log_det = tf.reduce_sum(s, axis=-1)",
    "same_forward_value": False,
}

_HALF_LOG_2PI = 0.9189385332046727


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dim, cond = 21, 4, 3
    half = dim // 2
    scale_w = tf.Variable((0.4 * rng.standard_normal((half + cond, half))).astype(f), name="scale_w")
    shift_w = tf.Variable((0.4 * rng.standard_normal((half + cond, half))).astype(f), name="shift_w")
    batch = {"x": rng.standard_normal((n, dim)).astype(f), "ctx": rng.standard_normal((n, cond)).astype(f)}

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            keep, move = b["x"][i : i + 1, :half], b["x"][i : i + 1, half:]
            h = tf.concat([keep, b["ctx"][i : i + 1]], -1)
            s, mu = tf.tanh(h @ scale_w), h @ shift_w
            # density of move given keep: a normal with mean mu and standard deviation exp(s)
            cond_nll = 0.5 * tf.square((move - mu) / tf.exp(s)) + s + _HALF_LOG_2PI
            total += tf.reduce_sum(cond_nll) + tf.reduce_sum(0.5 * tf.square(keep) + _HALF_LOG_2PI)
        return total / m

    def coupling(h):
        return tf.tanh(h @ scale_w), h @ shift_w

    def candidate(b):
        x1, x2 = tf.split(b["x"], 2, axis=-1)
        s, shift = coupling(tf.concat([x1, b["ctx"]], axis=-1))
        z2 = (x2 - shift) * tf.exp(-s)
        log_det = tf.reduce_sum(s, axis=-1)
        z = tf.concat([x1, z2], axis=-1)
        log_prob = tf.reduce_sum(-0.5 * z**2 - _HALF_LOG_2PI, axis=-1)
        return -tf.reduce_mean(log_prob + log_det)

    return {"variables": [scale_w, shift_w], "batch": batch, "reference": reference, "candidate": candidate}
