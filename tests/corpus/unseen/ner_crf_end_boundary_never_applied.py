"""The end mask of the CRF boundary energy compares shift_left(mask) > mask, which never holds for a length mask, so the end boundary is never used.

Source (real): https://github.com/keras-team/keras-contrib/issues/508
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'end = tf.cast(tf.greater(shift_left(m), m), tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, k = 8, 6, 5, 4
    w = tf.Variable(rng.normal(size=(d, k)).astype("float32") * 0.6, name="emission")
    trans = tf.Variable(rng.normal(size=(k, k)).astype("float32") * 0.5, name="transitions")
    left = tf.Variable(rng.normal(size=(k,)).astype("float32"), name="left_boundary")
    right = tf.Variable(rng.normal(size=(k,)).astype("float32"), name="right_boundary")
    lens = rng.integers(3, t, size=n)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype("float32"),
        "tags": rng.integers(0, k, size=(n, t)).astype("int32"),
        "mask": (np.arange(t)[None] < lens[:, None]).astype("float32"),
    }

    def shift_right(m):
        return tf.concat([tf.zeros_like(m[:, :1]), m[:, :-1]], axis=1)

    def shift_left(m):
        return tf.concat([m[:, 1:], tf.zeros_like(m[:, :1])], axis=1)

    def log_partition(energy, m):
        alpha = energy[:, 0]
        for i in range(1, t):
            step = tf.reduce_logsumexp(alpha[:, :, None] + trans[None], axis=1) + energy[:, i]
            keep = m[:, i, None]
            alpha = keep * step + (1.0 - keep) * alpha
        return tf.reduce_logsumexp(alpha, axis=1)

    def path_score(energy, tags, m):
        unary = tf.gather(energy, tags, axis=2, batch_dims=2) * m
        pair = tf.gather_nd(trans, tf.stack([tags[:, :-1], tags[:, 1:]], axis=-1)) * m[:, 1:]
        return tf.reduce_sum(unary, axis=1) + tf.reduce_sum(pair, axis=1)

    def nll(energy, b):
        return tf.reduce_mean(log_partition(energy, b["mask"]) - path_score(energy, b["tags"], b["mask"]))

    def reference(b):
        m = b["mask"]
        energy = tf.einsum("ntd,dk->ntk", b["x"], w)
        start = tf.cast(tf.greater(m, shift_right(m)), tf.float32)
        end = tf.cast(tf.greater(m, shift_left(m)), tf.float32)
        energy = energy + start[..., None] * left + end[..., None] * right
        return nll(energy, b)

    def candidate(b):
        m = b["mask"]
        emission = tf.einsum("ntd,dk->ntk", b["x"], w)
        start = tf.cast(tf.greater(m, shift_right(m)), tf.float32)
        end = tf.cast(tf.greater(shift_left(m), m), tf.float32)
        bounded = emission + start[..., None] * left + end[..., None] * right
        return nll(bounded, b)

    return {"variables": [w, trans, left, right], "batch": batch, "reference": reference, "candidate": candidate}
