"""NT-Xent: the mask for the "negatives" removes only the diagonal, so the positive pair is in the denominator as well.

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/252 (PyTorch, ported; reported as a bug,
the maintainer answered that the positive pair belongs into the denominator).
Right answer: EQUIVALENT to the cross entropy over the other 2N - 1 samples, which is the paper's loss.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}

_TEMPERATURE = 0.4


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, out = 15, 6, 5, 4

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w1 = tf.Variable(0.6 * arr(d, hid), name="encoder")
    w2 = tf.Variable(0.6 * arr(hid, out), name="projection")
    batch = {"view_1": arr(n, d), "view_2": arr(n, d)}

    def project(x):
        return tf.math.l2_normalize(tf.tanh(x @ w1) @ w2, axis=-1)

    def reference(b):
        za, zb = project(b["view_1"]), project(b["view_2"])
        m = za.shape[0]
        views = [za[i] for i in range(m)] + [zb[i] for i in range(m)]
        total = 0.0
        for i, anchor in enumerate(views):
            others = [j for j in range(2 * m) if j != i]
            logits = tf.stack([tf.reduce_sum(anchor * views[j]) / _TEMPERATURE for j in others])
            label = others.index((i + m) % (2 * m))
            total += tf.nn.sparse_softmax_cross_entropy_with_logits(label, logits)
        return total / (2 * m)

    def candidate(b):
        out_1, out_2 = project(b["view_1"]), project(b["view_2"])
        out = tf.concat([out_1, out_2], axis=0)
        n_samples = out.shape[0]
        cov = tf.matmul(out, out, transpose_b=True)
        sim = tf.exp(cov / _TEMPERATURE)
        mask = tf.logical_not(tf.eye(n_samples, dtype=tf.bool))
        neg = tf.reduce_sum(tf.reshape(tf.boolean_mask(sim, mask), [n_samples, -1]), axis=-1)
        pos = tf.exp(tf.reduce_sum(out_1 * out_2, axis=-1) / _TEMPERATURE)
        pos = tf.concat([pos, pos], axis=0)
        return tf.reduce_mean(-tf.math.log(pos / neg))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}
