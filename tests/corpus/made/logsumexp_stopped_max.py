"""CRF forward algorithm with a hand-written log-sum-exp whose maximum is wrapped in stop_gradient.

Source: realistic (TensorFlow's own reduce_logsumexp stops the gradient of the maximum, which puzzles readers).
Right answer: EQUIVALENT; the result does not depend on the shift, so its derivative is zero anyway.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, tags = 12, 4, 5, 3
    emit = tf.Variable((0.7 * rng.standard_normal((d, tags))).astype(f), name="emission")
    trans = tf.Variable((0.5 * rng.standard_normal((tags, tags))).astype(f), name="transition")
    batch = {"x": rng.standard_normal((n, t, d)).astype(f), "tags": rng.integers(0, tags, (n, t))}

    def path_score(u, y):
        s = tf.reduce_sum(tf.gather(u, y, batch_dims=1))
        for k in range(t - 1):
            s += trans[y[k], y[k + 1]]
        return s

    def reference(b):
        m = b["x"].shape[0]
        paths = [np.array(p) for p in np.ndindex(*(tags,) * t)]
        total = 0.0
        for i in range(m):
            u = b["x"][i] @ emit
            everything = tf.stack([path_score(u, p) for p in paths])
            total += tf.math.log(tf.reduce_sum(tf.exp(everything))) - path_score(u, b["tags"][i].numpy())
        return total / m

    def log_sum_exp(a, axis):
        top = tf.stop_gradient(tf.reduce_max(a, axis=axis, keepdims=True))
        return tf.math.log(tf.reduce_sum(tf.exp(a - top), axis=axis)) + tf.squeeze(top, axis)

    def candidate(b):
        unary = tf.tensordot(b["x"], emit, 1)
        alpha = unary[:, 0]
        for k in range(1, t):
            alpha = log_sum_exp(alpha[:, :, None] + trans, axis=1) + unary[:, k]
        log_z = log_sum_exp(alpha, axis=1)
        gold = tf.reduce_sum(tf.gather(unary, b["tags"], batch_dims=2), axis=1)
        pairs = tf.stack([b["tags"][:, :-1], b["tags"][:, 1:]], axis=-1)
        gold += tf.reduce_sum(tf.gather_nd(trans, pairs), axis=1)
        return tf.reduce_mean(log_z - gold)

    return {"variables": [emit, trans], "batch": batch, "reference": reference, "candidate": candidate}
