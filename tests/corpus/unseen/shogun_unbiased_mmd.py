"""Unbiased MMD: the sums within each sample include the diagonal, yet they are divided by m (m - 1).

Source (real): https://github.com/shogun-toolbox/shogun/issues/5133 (C++, ported; the reporter shows that the "unbiased full"
estimate changes with the diagonal of the kernel matrix).
Right answer: NOT equivalent for a kernel whose diagonal is not constant, such as the polynomial one here.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "term = tf.reduce_sum(block)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, k = 16, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    phi = tf.Variable(0.5 * arr(d, k), name="phi")
    offset = tf.Variable(np.asarray([0.7], dtype=f), name="offset")
    batch = {"p": arr(n, d), "q": (0.6 * arr(n, d) + 0.8).astype(f)}

    def kernel(a, c):
        return tf.square(tf.matmul(a, c, transpose_b=True) + offset)

    def reference(b):
        x, y = tf.tanh(b["p"] @ phi), tf.tanh(b["q"] @ phi)
        m = x.shape[0]
        total = 0.0
        for i in range(m):
            others = [j for j in range(m) if j != i]
            total += tf.reduce_sum(kernel(x[i : i + 1], tf.gather(x, others))) / (m * (m - 1))
            total += tf.reduce_sum(kernel(y[i : i + 1], tf.gather(y, others))) / (m * (m - 1))
            total -= 2.0 * tf.reduce_sum(kernel(x[i : i + 1], y)) / (m * m)
        return total

    def candidate(b):
        def within_block(block, size):
            term = tf.reduce_sum(block)
            return term / (size * (size - 1))

        feats = tf.tanh(tf.concat([b["p"], b["q"]], axis=0) @ phi)
        K = kernel(feats, feats)
        m = b["p"].shape[0]
        n_y = K.shape[0] - m
        XX = K[:m, :m]
        XY = K[:m, m:]
        YY = K[m:, m:]
        statistic = within_block(XX, m) + within_block(YY, n_y)
        return statistic - 2.0 * tf.reduce_sum(XY) / (m * n_y)

    return {"variables": [phi, offset], "batch": batch, "reference": reference, "candidate": candidate}
