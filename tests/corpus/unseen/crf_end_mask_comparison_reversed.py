"""The mask of the last step compares the wrong way round, so the CRF's right boundary energy is never added.

Source (real): https://github.com/keras-team/keras-contrib/issues/508
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": 'end_mask = tf.cast(tf.greater(shift_left(mask), mask), tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)

    def var(name, *shape, scale=0.5):
        return tf.Variable((rng.normal(size=shape) * scale).astype("float32"), name=name)

    def arr(*shape, scale=1.0):
        return (rng.normal(size=shape) * scale).astype("float32")

    n, T, d, K = 6, 5, 4, 3
    kernel, chain = var("kernel", d, K), var("chain", K, K)
    left, right = var("left_boundary", K), var("right_boundary", K)
    lens = np.array([5, 3, 4, 2, 5, 3])
    batch = {
        "x": arr(n, T, d),
        "tag": rng.integers(0, K, size=(n, T)),
        "mask": (np.arange(T)[None] < lens[:, None]).astype("float32"),
    }

    def reference(b):
        losses = []
        for i in range(n):
            keep = b["mask"][i] > 0
            e = tf.boolean_mask(b["x"][i], keep) @ kernel
            y = tf.boolean_mask(b["tag"][i], keep)
            m = int(e.shape[0])
            score, alpha = left[y[0]] + e[0, y[0]], left + e[0]
            for t in range(1, m):
                score += chain[y[t - 1], y[t]] + e[t, y[t]]
                alpha = tf.reduce_logsumexp(alpha[:, None] + chain, axis=0) + e[t]
            losses.append(tf.reduce_logsumexp(alpha + right) - score - right[y[m - 1]])
        return tf.reduce_mean(tf.stack(losses))

    def candidate(b):
        mask = b["mask"]

        def shift_left(t):
            return tf.pad(t[:, 1:], [[0, 0], [0, 1]])

        def shift_right(t):
            return tf.pad(t[:, :-1], [[0, 0], [1, 0]])

        start_mask = tf.cast(tf.greater(mask, shift_right(mask)), tf.float32)
        end_mask = tf.cast(tf.greater(shift_left(mask), mask), tf.float32)
        e = b["x"] @ kernel + start_mask[:, :, None] * left + end_mask[:, :, None] * right
        one = tf.one_hot(b["tag"], K)
        unary = tf.reduce_sum(tf.reduce_sum(e * one, -1) * mask, 1)
        pair = tf.einsum("ntk,kl,ntl->nt", one[:, :-1], chain, one[:, 1:])
        score = unary + tf.reduce_sum(pair * mask[:, 1:], 1)
        alpha = e[:, 0]
        for t in range(1, T):
            nxt = tf.reduce_logsumexp(alpha[:, :, None] + chain, axis=1) + e[:, t]
            alpha = tf.where(mask[:, t, None] > 0, nxt, alpha)
        return tf.reduce_mean(tf.reduce_logsumexp(alpha, axis=1) - score)

    return {"variables": [kernel, chain, left, right], "batch": batch, "reference": reference, "candidate": candidate}
